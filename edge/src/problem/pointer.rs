//! JSON pointers in a URI fragment (RFC 6901, 6).

use serde_path_to_error::{Path, Segment};

/// Where `path` leads from `root`, which is a pointer itself, such as `#`.
pub fn to(root: &str, path: &Path) -> String {
    let mut pointer = root.to_owned();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer = member(&pointer, &index.to_string()),
            Segment::Map { key: name } | Segment::Enum { variant: name } => pointer = member(&pointer, name),
            Segment::Unknown => return pointer,
        }
    }
    pointer
}

/// The member `name` of what stands at `pointer`.
pub fn member(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}
