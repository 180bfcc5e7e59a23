//! Where a number belongs, as the carrier tells in its webhooks (carrier contract §1.1).

/// Where a number belongs; empty is not known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NumberPlace {
    /// Such as `SAN FRANCISCO`.
    pub city: String,
    /// Such as `CA`.
    pub state: String,
    /// Such as `94105`.
    pub zip: String,
    /// Such as `US`.
    pub country: String,
}
