//! Extractors that need the head of a request alone.

/// Extracts `$type` by a function of the request's head.
macro_rules! from_head {
    ($type:ty, $read:expr) => {
        impl actix_web::FromRequest for $type {
            type Error = crate::problem::Problem;
            type Future = std::future::Ready<Result<Self, crate::problem::Problem>>;

            fn from_request(
                request: &actix_web::HttpRequest,
                _: &mut actix_web::dev::Payload,
            ) -> Self::Future {
                let read: fn(&actix_web::HttpRequest) -> Result<Self, crate::problem::Problem> = $read;
                std::future::ready(read(request))
            }
        }
    };
}

pub(crate) use from_head;
