//! Which requests to an unsubscribe link act.

/// Whether a request by this method unsubscribes: a POST does, without a login, a reason or a second page (RFC 8058, 3.2). A
/// GET never does, because scanners and previews of mail follow links.
#[must_use]
pub fn acts(method: &str) -> bool {
    method.eq_ignore_ascii_case("POST")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_post_unsubscribes() {
        assert!(acts("POST") && acts("post"));
        assert!(!acts("GET") && !acts("HEAD") && !acts(""));
    }
}
