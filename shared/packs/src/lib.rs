//! Rules of law as data: tables of reference rates and the rules of jurisdictions, each with its version, the days on
//! which it applies, where it can be read, and worked examples that a test runs.
//!
//! To enter a new half-year, add its row to each file in `rates/` with its source. Until then nothing is quoted for it.

mod error;
mod rates;
mod regime;
mod vector;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use dunlin_domain::charge::{Laws, Regime};

pub use error::{PackError, Reason, UnknownJurisdiction};
pub use rates::RatePack;
pub use regime::RegimePack;
pub use vector::Vector;

const RATES: [(&str, &str); 3] = [
    ("rates/gb-bank-rate.toml", include_str!("../rates/gb-bank-rate.toml")),
    ("rates/eu-mro.toml", include_str!("../rates/eu-mro.toml")),
    ("rates/de-basiszins.toml", include_str!("../rates/de-basiszins.toml")),
];

const REGIMES: [(&str, &str); 7] = [
    ("regimes/gb.toml", include_str!("../regimes/gb.toml")),
    ("regimes/eu.toml", include_str!("../regimes/eu.toml")),
    ("regimes/de.toml", include_str!("../regimes/de.toml")),
    ("regimes/ie.toml", include_str!("../regimes/ie.toml")),
    ("regimes/fr.toml", include_str!("../regimes/fr.toml")),
    ("regimes/nl.toml", include_str!("../regimes/nl.toml")),
    ("regimes/us.toml", include_str!("../regimes/us.toml")),
];

/// All packs.
#[derive(Debug, Clone)]
pub struct Packs {
    rates: Vec<RatePack>,
    regimes: BTreeMap<String, RegimePack>,
    laws: Laws,
}

/// The packs of this build, read once.
///
/// # Errors
/// [`PackError`], which names the file. Tests hold that this build has none.
pub fn packs() -> Result<&'static Packs, &'static PackError> {
    static PACKS: OnceLock<Result<Packs, PackError>> = OnceLock::new();
    PACKS.get_or_init(|| Packs::read(&RATES, &REGIMES)).as_ref()
}

impl Packs {
    fn read(rates: &[(&'static str, &str)], regimes: &[(&'static str, &str)]) -> Result<Self, PackError> {
        let mut read = Self { rates: Vec::new(), regimes: BTreeMap::new(), laws: Laws::default() };
        let mut tables = BTreeMap::new();
        for (file, text) in rates {
            let pack = rates::parse(text).map_err(|reason| PackError { file, reason })?;
            let name = pack.table.name().to_string();
            if tables.insert(name.clone(), Arc::new(pack.table.clone())).is_some() {
                return Err(PackError { file, reason: Reason::Twice(name) });
            }
            read.rates.push(pack);
        }
        for (file, text) in regimes {
            let pack = regime::parse(text, &tables).map_err(|reason| PackError { file, reason })?;
            if let Some(other) = read.regimes.insert(pack.jurisdiction.clone(), pack) {
                return Err(PackError { file, reason: Reason::Twice(other.jurisdiction) });
            }
        }
        let laws = read.regimes.iter().map(|(jurisdiction, pack)| (jurisdiction.clone(), pack.regime.clone()));
        read.laws = Laws::new(laws);
        Ok(read)
    }

    /// The tables of reference rates.
    #[must_use]
    pub fn rates(&self) -> &[RatePack] {
        &self.rates
    }

    /// The rules of every jurisdiction.
    pub fn regimes(&self) -> impl Iterator<Item = &RegimePack> {
        self.regimes.values()
    }

    /// The law of every jurisdiction, for rules that follow the debtor's.
    #[must_use]
    pub fn laws(&self) -> &Laws {
        &self.laws
    }

    /// The rules of a jurisdiction: two letters of ISO 3166 or `EU`; parts of a country (`GB-SCT`) have the country's.
    ///
    /// # Errors
    /// [`UnknownJurisdiction`]. A member state whose own law is not known is not taken for the directive.
    pub fn regime(&self, jurisdiction: &str) -> Result<&Regime, UnknownJurisdiction> {
        self.laws.of(jurisdiction).ok_or_else(|| UnknownJurisdiction {
            asked: jurisdiction.chars().take(12).collect(),
            known: self.laws.jurisdictions().collect::<Vec<_>>().join(", "),
        })
    }
}

#[cfg(test)]
mod tests {
    use dunlin_domain::charge::moratorium::Moratorium;
    use dunlin_domain::charge::rates::{HalfYear, Standing};
    use dunlin_domain::charge::regime::DebtKind;
    use dunlin_domain::charge::{Claim, OpenBalance, QuoteError, Start};
    use dunlin_domain::contact::DebtorKind;
    use dunlin_domain::money::{Currency, Money};

    use super::*;

    #[test]
    fn every_pack_gives_what_its_examples_say() {
        let packs = packs().unwrap();
        for pack in packs.regimes() {
            assert_eq!(pack.vectors.is_empty(), pack.regime.interest.is_empty(), "{}", pack.jurisdiction);
            for vector in &pack.vectors {
                let quote = pack.regime.quote(&vector.claim).unwrap();
                let given = (quote.interest.total, quote.fixed_sum.map(|charge| charge.amount));
                assert_eq!(given, (vector.interest, vector.fixed_sum), "{}: {:?}", pack.jurisdiction, vector.claim);
            }
        }
    }

    fn british(kind: DebtorKind) -> Claim {
        let amount = Money::parse("2500", Currency::parse("GBP").unwrap()).unwrap();
        let start = Start::On("2026-03-10".parse().unwrap());
        let as_of = "2026-03-31".parse().unwrap();
        let balance = OpenBalance::new(amount);
        Claim { debtor: kind, debt: DebtKind::Trade, balance, start, as_of, moratoria: Vec::new(), agreed: None }
    }

    #[test]
    fn the_fixed_sum_comes_with_interest_and_not_without() {
        let gb = packs().unwrap().regime("GB").unwrap();
        let claim = british(DebtorKind::Business);
        let sum = |claim: &Claim| gb.fixed_sum(claim).unwrap().map(|charge| charge.amount.to_string());
        assert_eq!(sum(&claim).as_deref(), Some("70.00"));
        assert_eq!(sum(&Claim { as_of: "2026-03-10".parse().unwrap(), ..claim.clone() }).as_deref(), Some("70.00"));
        let space = Moratorium::breathing_space("2026-03-20".parse().unwrap());
        let agreed = Some(gb.statutory(&claim).unwrap().clone());
        for without in [
            Claim { as_of: "2026-03-09".parse().unwrap(), ..claim.clone() },
            Claim { moratoria: vec![space], ..claim.clone() },
            Claim { agreed, ..claim.clone() },
            Claim { debt: DebtKind::RegulatedCredit, ..claim.clone() },
            british(DebtorKind::Consumer),
        ] {
            assert_eq!(sum(&without), None, "{without:?}");
        }
    }

    #[test]
    fn who_may_claim_what_is_the_laws_to_say() {
        let gb = packs().unwrap().regime("GB").unwrap();
        let claim = british(DebtorKind::Business);
        let agreed = Some(gb.statutory(&claim).unwrap().clone());
        let refused = |claim: &Claim| gb.statutory(claim).unwrap_err();
        assert!(matches!(refused(&british(DebtorKind::Consumer)), QuoteError::NotAgainst { .. }));
        let credit = Claim { debt: DebtKind::RegulatedCredit, ..claim.clone() };
        assert!(matches!(refused(&credit), QuoteError::Credit(_)));
        assert!(matches!(refused(&Claim { agreed, ..claim.clone() }), QuoteError::Ousted(_)));
        let early = Claim { start: Start::On("2013-03-15".parse().unwrap()), ..claim };
        assert!(matches!(gb.quote(&early), Err(QuoteError::NotInForce { .. })));
    }

    #[test]
    fn every_table_has_a_row_for_each_half_year_of_its_time_and_derived_rows_say_so() {
        let half = |text: &str| HalfYear::parse(text).unwrap();
        for pack in packs().unwrap().rates() {
            let mut at = half("2015 H1");
            while at <= half("2026 H2") {
                let row = pack.table.row(at).unwrap();
                let derived = pack.table.name().as_str() == "de-basiszins" && at >= half("2026 H1");
                assert_eq!(row.standing, if derived { Standing::Derived } else { Standing::Published }, "{at}");
                assert!(!row.source.is_empty());
                at = at.next().unwrap();
            }
            assert!(pack.table.row(at).is_err());
        }
    }

    #[test]
    fn a_jurisdiction_without_rules_is_refused_by_name() {
        let packs = packs().unwrap();
        assert_eq!(packs.regime("GB-EAW").unwrap().name.as_str(), "gb-late-payment");
        for unknown in ["AT", "", "gb", "E"] {
            let error = packs.regime(unknown).unwrap_err().to_string();
            assert!(error.contains("DE, EU, FR, GB, IE, NL, US"), "{error}");
        }
    }

    #[test]
    fn a_wrong_pack_is_refused_with_its_file_and_the_reason() {
        let regime = REGIMES[0].1;
        let wrong = |from: &str, to: &str| {
            let text = regime.replacen(from, to, 1);
            assert_ne!(text, regime);
            Packs::read(&RATES, &[("gb.toml", &text)]).unwrap_err().to_string()
        };
        for (from, to, says) in [
            ("gb-bank-rate", "gb-base", "there is no table gb-base"),
            ("ACT/365F", "ACT/364", "not a day count"),
            ("\"1000\", \"70\"", "\"1000\", \"30\"", "must begin at 0, rise"),
            ("margin = \"8\"", "margin = \"8%\"", "not a rate"),
            ("GBP\"", "POUND\"", "not a currency"),
            ("2500.00 GBP", "2500.00", "not an amount such as"),
            ("valid_from", "valid_since", "valid_since"),
            ("fixed_at_start", "fixed", "unknown variant"),
        ] {
            let error = wrong(from, to);
            assert!(error.starts_with("gb.toml: ") && error.contains(says), "{error}");
        }
        let twice = Packs::read(&RATES, &[REGIMES[0], REGIMES[0]]).unwrap_err();
        assert!(matches!(twice.reason, Reason::Twice(_)));
    }
}
