//! JSON pointers in a URI fragment (RFC 6901, 6).

/// The member `name` of what stands at `pointer`.
pub fn member(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}
