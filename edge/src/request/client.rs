//! Where a request comes from: the peer, or what a configured proxy says of it, and only as a digest.

use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use aws_lc_rs::hmac;
use ipnet::IpNet;

use super::context::ClientDigest;

/// Addresses that a worker remembers the digest of; a power of two.
const REMEMBERED: usize = 256;

/// How the addresses of clients are found and digested.
#[derive(Clone)]
pub struct Clients(Arc<Rules>);

struct Rules {
    key: hmac::Key,
    proxies: Vec<IpNet>,
}

impl Clients {
    /// Digests with `secret`, and believes X-Forwarded-For only when `proxies` contain the peer.
    #[must_use]
    pub fn new(secret: &[u8], proxies: Vec<IpNet>) -> Self {
        Self(Arc::new(Rules { key: hmac::Key::new(hmac::HMAC_SHA256, secret), proxies }))
    }

    /// The address of the client: the peer's, or, behind configured proxies, the last address in X-Forwarded-For that
    /// is not one of theirs. What stands before that one is the client's own claim and is not believed.
    fn address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let trusted = |address: &IpAddr| self.0.proxies.iter().any(|net| net.contains(address));
        let mut address = peer.to_canonical();
        if self.0.proxies.is_empty() || !trusted(&address) {
            return address;
        }
        let lines: Vec<&str> = headers.get_all("x-forwarded-for").filter_map(|line| line.to_str().ok()).collect();
        for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            let Ok(hop) = hop.trim().parse::<IpAddr>() else { break };
            address = hop.to_canonical();
            if !trusted(&address) {
                break;
            }
        }
        address
    }

    fn digest(&self, address: IpAddr) -> ClientDigest {
        let tag = match address {
            IpAddr::V4(v4) => hmac::sign(&self.0.key, &v4.octets()),
            IpAddr::V6(v6) => hmac::sign(&self.0.key, &v6.octets()),
        };
        let mut digest = [0; 16];
        digest.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        ClientDigest(digest)
    }
}

type Memory = [Option<(IpAddr, ClientDigest)>; REMEMBERED];

thread_local! {
    /// A connection asks again and again, and a digest costs as much as the rest of the boundary.
    static MEMORY: RefCell<Memory> = const { RefCell::new([None; REMEMBERED]) };
}

/// The digest of the client of `request`, by the [`Clients`] in the application's data.
pub(crate) fn digest_of(request: &HttpRequest) -> Option<ClientDigest> {
    let clients = request.app_data::<Clients>()?;
    let address = clients.address(request.peer_addr()?.ip(), request.headers());
    Some(remembered(clients, address))
}

fn remembered(clients: &Clients, address: IpAddr) -> ClientDigest {
    MEMORY.with_borrow_mut(|memory| match memory.get_mut(slot(address)) {
        Some(Some((known, digest))) if *known == address => *digest,
        Some(free) => {
            let digest = clients.digest(address);
            *free = Some((address, digest));
            digest
        }
        None => clients.digest(address),
    })
}

fn slot(address: IpAddr) -> usize {
    let folded = match address {
        IpAddr::V4(v4) => u64::from(v4.to_bits()),
        IpAddr::V6(v6) => (v6.to_bits() >> 64) as u64 ^ (v6.to_bits() & u128::from(u64::MAX)) as u64,
    };
    (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize
}
