//! Who owes, in law.

/// What someone who owes is in law.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obligor {
    /// A natural person.
    NaturalPerson,
    /// A natural person in trade.
    SoleTrader,
    /// A natural person who answers for a company's debt.
    Guarantor,
    /// A partnership.
    Partnership,
    /// A company that alone answers for the debt.
    Company,
}

impl Obligor {
    /// Whether a natural person answers for the debt.
    #[must_use]
    pub fn is_natural(self) -> bool {
        matches!(self, Self::NaturalPerson | Self::SoleTrader | Self::Guarantor)
    }
}
