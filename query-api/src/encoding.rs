//! Content codings: which one a client wants (RFC 9110, section 12.5.3), and bodies in each of them.

use std::io::Write;

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use flate2::write::GzEncoder;

/// Shorter bodies gain nothing: they fit a packet as they are.
pub(crate) const COMPRESS_BYTES_MIN: usize = 1_024;
/// Of 0 to 11; 5 is where Brotli beats gzip's size at gzip's speed.
const BROTLI_QUALITY: u32 = 5;
/// Logarithm of Brotli's window: 4 MiB, the largest that every client must accept (RFC 7932).
const BROTLI_WINDOW: u32 = 22;
/// Of 0 to 9.
const GZIP_LEVEL: u32 = 5;
/// What an encoder buffers before it writes.
const BUFFER_BYTES: usize = 32 * 1_024;
/// Bytes of the hash that make an entity tag: 96 bits, no two bodies will share them.
const TAG_BYTES: usize = 12;

/// A content coding that we can answer in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
    Brotli,
}

impl Encoding {
    /// The coding that `headers` ask for; of equally wanted ones the densest.
    pub(crate) fn negotiated(headers: &HeaderMap) -> Self {
        let Some(wanted) = headers
            .get(header::ACCEPT_ENCODING)
            .and_then(|value| value.to_str().ok())
        else {
            return Self::Identity;
        };
        let mut best = (Self::Identity, 0);
        let (mut brotli, mut gzip, mut any) = (None, None, None);
        for coding in wanted.split(',') {
            let mut parts = coding.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let weight = parts.find_map(weight_in_thousandths).unwrap_or(1_000);
            match name {
                _ if name.eq_ignore_ascii_case("br") => brotli = Some(weight),
                _ if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => {
                    gzip = Some(weight);
                }
                "*" => any = Some(weight),
                _ => {}
            }
        }
        for (encoding, weight) in [(Self::Gzip, gzip.or(any)), (Self::Brotli, brotli.or(any))] {
            let weight = weight.unwrap_or(0);
            if weight > 0 && weight >= best.1 {
                best = (encoding, weight);
            }
        }
        best.0
    }

    /// Its name in `Content-Encoding`; `None` for identity, which is not named.
    pub(crate) const fn name(self) -> Option<HeaderValue> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some(HeaderValue::from_static("gzip")),
            Self::Brotli => Some(HeaderValue::from_static("br")),
        }
    }

    const fn tag_suffix(self) -> &'static str {
        match self {
            Self::Identity => "",
            Self::Gzip => "-gzip",
            Self::Brotli => "-br",
        }
    }

    /// `body` in this coding. Takes a millisecond and more per 100 KiB.
    pub(crate) fn encode(self, body: &Bytes) -> std::io::Result<Bytes> {
        match self {
            Self::Identity => Ok(body.clone()),
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::new(GZIP_LEVEL));
                encoder.write_all(body)?;
                Ok(tight(encoder.finish()?))
            }
            Self::Brotli => {
                let mut dense = Vec::new();
                let mut encoder =
                    brotli::CompressorWriter::new(&mut dense, BUFFER_BYTES, BROTLI_QUALITY, BROTLI_WINDOW);
                encoder.write_all(body)?;
                encoder.flush()?;
                drop(encoder);
                Ok(tight(dense))
            }
        }
    }
}

fn tight(mut bytes: Vec<u8>) -> Bytes {
    bytes.shrink_to_fit();
    bytes.into()
}

/// `q=0.5` as 500 (RFC 9110, section 12.4.2); unreadable weights count as none.
fn weight_in_thousandths(parameter: &str) -> Option<u32> {
    let value = parameter
        .strip_prefix("q=")
        .or_else(|| parameter.strip_prefix("Q="))?;
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let digits = format!("{fraction:0<3}");
    let fraction: u32 = digits.get(..3).and_then(|digits| digits.parse().ok())?;
    whole
        .parse::<u32>()
        .ok()
        .map(|whole| (whole.min(1) * 1_000 + fraction).min(1_000))
}

/// A body in one coding, with its strong entity tag (RFC 9110, section 8.8.3: each coding is a representation of its own).
#[derive(Clone, Debug)]
pub(crate) struct Representation {
    pub(crate) body: Bytes,
    pub(crate) tag: HeaderValue,
}

/// The hash of a body, from which the tags of its representations derive.
#[derive(Clone, Debug)]
pub(crate) struct BodyHash(String);

impl BodyHash {
    pub(crate) fn of(body: &[u8]) -> Self {
        let hash = digest::digest(&digest::SHA256, body);
        Self(URL_SAFE_NO_PAD.encode(hash.as_ref().get(..TAG_BYTES).unwrap_or_default()))
    }

    /// The entity tag of the body in `encoding`.
    pub(crate) fn tag(&self, encoding: Encoding) -> HeaderValue {
        let tag = format!("\"{}{}\"", self.0, encoding.tag_suffix());
        HeaderValue::from_maybe_shared(Bytes::from(tag)).unwrap_or(HeaderValue::from_static("\"\""))
    }
}

/// A body ready in every coding.
#[derive(Clone, Debug)]
pub(crate) struct Encoded {
    identity: Representation,
    gzip: Representation,
    brotli: Representation,
}

impl Encoded {
    /// Encodes `body` in every coding. Takes long for a large one: not for an asynchronous task.
    pub(crate) fn new(body: Vec<u8>) -> std::io::Result<Self> {
        let body = tight(body);
        let hash = BodyHash::of(&body);
        let each = |encoding: Encoding| -> std::io::Result<Representation> {
            Ok(Representation {
                body: encoding.encode(&body)?,
                tag: hash.tag(encoding),
            })
        };
        Ok(Self {
            identity: each(Encoding::Identity)?,
            gzip: each(Encoding::Gzip)?,
            brotli: each(Encoding::Brotli)?,
        })
    }

    pub(crate) const fn representation(&self, encoding: Encoding) -> &Representation {
        match encoding {
            Encoding::Identity => &self.identity,
            Encoding::Gzip => &self.gzip,
            Encoding::Brotli => &self.brotli,
        }
    }

    /// Bytes of all bodies.
    pub(crate) fn bytes(&self) -> usize {
        self.identity.body.len() + self.gzip.body.len() + self.brotli.body.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(value: &'static str) -> Encoding {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
        Encoding::negotiated(&headers)
    }

    #[test]
    fn the_densest_of_the_equally_wanted_codings_is_taken() {
        assert_eq!(negotiated("gzip, deflate, br"), Encoding::Brotli);
        assert_eq!(negotiated("gzip"), Encoding::Gzip);
        assert_eq!(negotiated("*"), Encoding::Brotli);
        assert_eq!(Encoding::negotiated(&HeaderMap::new()), Encoding::Identity);
    }

    #[test]
    fn weights_decide_and_zero_forbids() {
        assert_eq!(negotiated("gzip;q=0.9, br;q=0.5"), Encoding::Gzip);
        assert_eq!(negotiated("br;q=0, gzip;q=0.001"), Encoding::Gzip);
        assert_eq!(negotiated("br;q=0, *;q=0"), Encoding::Identity);
        assert_eq!(negotiated("nonsense;;q=x, , ;q=1.23456"), Encoding::Identity);
    }

    #[test]
    fn representations_differ_in_their_tags_only_by_coding() {
        let encoded = Encoded::new(vec![b'a'; 10_000]).unwrap();
        let tags = [Encoding::Identity, Encoding::Gzip, Encoding::Brotli]
            .map(|e| encoded.representation(e).tag.clone());
        assert_ne!(tags[0], tags[1]);
        assert_ne!(tags[1], tags[2]);
        assert!(encoded.bytes() < 10_500, "compressed bodies are small");
    }
}
