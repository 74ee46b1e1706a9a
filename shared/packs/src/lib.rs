//! Rules of law as data: tables of reference rates, public holidays, the rules of jurisdictions and their duties, each with
//! its version, the days on which it applies, where it can be read, and worked examples that a test runs.
//!
//! To enter a new half-year, add its row to each file in `rates/` with its source. Until then nothing is quoted for it.

mod contact_vector;
mod duties;
mod error;
mod files;
mod holidays;
mod limitation;
mod places;
mod rates;
mod regime;
mod rule;
mod rule_kind;
mod vector;
mod wording;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use dunlin_domain::calendar::holidays::HolidayCalendar;
use dunlin_domain::charge::{Laws, Regime};
use dunlin_domain::duty::Duties;
use dunlin_domain::gate::atlas::Atlas;
use dunlin_domain::gate::{Law, Lawbook, PackRef};
use jiff::civil::Date;

use files::{FILES, Files};

pub use contact_vector::ContactVector;
pub use duties::{Ask, DutyPack, LastDay};
pub use error::{PackError, Reason, UnknownJurisdiction};
pub use holidays::{FreeDays, HolidayPack};
pub use limitation::{LastDayToSue, LimitationPack};
pub use places::PlacePack;
pub use rates::RatePack;
pub use regime::RegimePack;
pub use rule::RulePack;
pub use vector::Vector;
pub use wording::{Reading, WordingPack};

/// All packs.
#[derive(Debug, Clone)]
pub struct Packs {
    rates: Vec<RatePack>,
    holidays: Vec<HolidayPack>,
    calendars: Calendars,
    regimes: BTreeMap<String, RegimePack>,
    duties: Vec<DutyPack>,
    limitation: Vec<LimitationPack>,
    wording: Vec<WordingPack>,
    rules: Vec<RulePack>,
    book: Lawbook,
    places: Vec<PlacePack>,
    laws: Laws,
}

/// Calendars by place.
pub(crate) type Calendars = BTreeMap<String, Arc<HolidayCalendar>>;

/// The packs of this build, read once.
///
/// # Errors
/// [`PackError`], which names the file. Tests hold that this build has none.
pub fn packs() -> Result<&'static Packs, &'static PackError> {
    static PACKS: OnceLock<Result<Packs, PackError>> = OnceLock::new();
    PACKS.get_or_init(|| Packs::read(&FILES)).as_ref()
}

impl Packs {
    fn read(files: &Files) -> Result<Self, PackError> {
        let mut read = Self {
            rates: Vec::new(),
            holidays: Vec::new(),
            calendars: BTreeMap::new(),
            regimes: BTreeMap::new(),
            duties: Vec::new(),
            limitation: Vec::new(),
            wording: Vec::new(),
            rules: Vec::new(),
            book: Lawbook::default(),
            places: Vec::new(),
            laws: Laws::default(),
        };
        let tables = read.read_rates(files.rates)?;
        read.read_holidays(files.holidays)?;
        for (file, text) in files.regimes {
            let pack = regime::parse(text, &tables, &read.calendars).map_err(|reason| PackError { file, reason })?;
            if let Some(other) = read.regimes.insert(pack.jurisdiction.clone(), pack) {
                return Err(PackError { file, reason: Reason::Twice(other.jurisdiction) });
            }
        }
        let laws = read.regimes.iter().map(|(jurisdiction, pack)| (jurisdiction.clone(), pack.regime.clone()));
        read.laws = Laws::new(laws);
        for (file, text) in files.duties {
            read.duties.push(duties::parse(text, &read.calendars).map_err(|reason| PackError { file, reason })?);
        }
        for (file, text) in files.limitation {
            read.limitation.push(limitation::parse(text).map_err(|reason| PackError { file, reason })?);
        }
        for (file, text) in files.wording {
            read.wording.push(wording::parse(text).map_err(|reason| PackError { file, reason })?);
        }
        let (mut law, mut atlas) = (Law::default(), Atlas::default());
        for (file, text) in files.rules {
            let pack = rule::parse(text, &read.calendars).map_err(|reason| PackError { file, reason })?;
            law.rules.extend(pack.rules.iter().cloned());
            read.rules.push(pack);
        }
        for (file, text) in files.places {
            let pack = places::read(text, &mut atlas).map_err(|reason| PackError { file, reason })?;
            read.places.push(pack);
        }
        let packs = read.rules.iter().map(|pack| PackRef { name: pack.name.clone(), version: pack.version });
        read.book = Lawbook { law: Arc::new(law), atlas: Arc::new(atlas), packs: packs.collect() };
        Ok(read)
    }

    fn read_rates(&mut self, rates: &[(&'static str, &str)]) -> Result<regime::Tables, PackError> {
        let mut tables = BTreeMap::new();
        for (file, text) in rates {
            let pack = rates::parse(text).map_err(|reason| PackError { file, reason })?;
            let name = pack.table.name().to_string();
            if tables.insert(name.clone(), Arc::new(pack.table.clone())).is_some() {
                return Err(PackError { file, reason: Reason::Twice(name) });
            }
            self.rates.push(pack);
        }
        Ok(tables)
    }

    fn read_holidays(&mut self, holidays: &[(&'static str, &str)]) -> Result<(), PackError> {
        for (file, text) in holidays {
            let pack = holidays::parse(text).map_err(|reason| PackError { file, reason })?;
            for (place, calendar) in &pack.calendars {
                if self.calendars.insert(place.clone(), Arc::clone(calendar)).is_some() {
                    return Err(PackError { file, reason: Reason::Twice(place.clone()) });
                }
            }
            self.holidays.push(pack);
        }
        Ok(())
    }

    /// The tables of reference rates.
    #[must_use]
    pub fn rates(&self) -> &[RatePack] {
        &self.rates
    }

    /// The public holidays of every country.
    #[must_use]
    pub fn holiday_packs(&self) -> &[HolidayPack] {
        &self.holidays
    }

    /// The public holidays of a place: a country (`GB` has what is common to all of it) or a part (`GB-SCT`, `DE-BY`). A part
    /// that is not known has the country's.
    #[must_use]
    pub fn holidays(&self, place: &str) -> Option<&Arc<HolidayCalendar>> {
        let country = place.split('-').next().unwrap_or_default();
        self.calendars.get(place).or_else(|| self.calendars.get(country))
    }

    /// The duties of all places.
    #[must_use]
    pub fn duty_packs(&self) -> &[DutyPack] {
        &self.duties
    }

    /// How long one may sue, everywhere.
    #[must_use]
    pub fn limitation_packs(&self) -> &[LimitationPack] {
        &self.limitation
    }

    /// The words of a language (BCP 47; `en-GB` has those of `en`).
    #[must_use]
    pub fn wording(&self, language: &str) -> Option<&WordingPack> {
        let plain = language.split('-').next().unwrap_or_default();
        self.wording.iter().find(|pack| pack.wording.language == plain)
    }

    /// The duties in force in a place on a day: what is known of the place itself (`GB-EAW`, `US-TX`), and for the rest of its
    /// country's. A place of which nothing is known has none.
    #[must_use]
    pub fn duties(&self, place: &str, on: Date) -> Duties {
        let country = place.split('-').next().unwrap_or_default();
        let wider = if country == place { Duties::default() } else { self.duties_of(country, on) };
        self.duties_of(place, on).or(wider)
    }

    fn duties_of(&self, place: &str, on: Date) -> Duties {
        let own = self.duties.iter().flat_map(|pack| &pack.duties).filter(|(of, _)| of == place);
        let duties = own.fold(Duties::default(), |all, (_, duties)| all.or(duties.clone().in_force(on)));
        let mut laws = self.limitation.iter().flat_map(|pack| &pack.laws);
        let limitation = laws.find(|(of, _)| of == place).map(|(_, law)| law.clone());
        Duties { limitation, ..duties }
    }

    /// The rules of contact, pack by pack.
    #[must_use]
    pub fn rule_packs(&self) -> &[RulePack] {
        &self.rules
    }

    /// The rules of contact of every jurisdiction, as the gate takes them.
    #[must_use]
    pub fn law(&self) -> &Law {
        &self.book.law
    }

    /// The rules of contact and what tells where debtors are, as decisions take them.
    #[must_use]
    pub fn book(&self) -> &Lawbook {
        &self.book
    }

    /// The packs of places.
    #[must_use]
    pub fn place_packs(&self) -> &[PlacePack] {
        &self.places
    }

    /// What addresses and phone numbers tell of where someone may be.
    #[must_use]
    pub fn atlas(&self) -> &Atlas {
        &self.book.atlas
    }

    /// The rules of every jurisdiction on paying late.
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
    use dunlin_domain::allocation::ComponentOrder;
    use dunlin_domain::charge::moratorium::Moratorium;
    use dunlin_domain::charge::rates::{HalfYear, Standing};
    use dunlin_domain::charge::regime::DebtKind;
    use dunlin_domain::charge::{Claim, OpenBalance, QuoteError, Start};
    use dunlin_domain::contact::DebtorKind;
    use dunlin_domain::money::{Currency, Money};
    use dunlin_domain::policy::Policies;
    use jiff::ToSpan as _;
    use jiff::civil::Weekday;

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

    #[test]
    fn every_calendar_is_free_on_exactly_the_weekdays_of_its_examples() {
        for pack in packs().unwrap().holiday_packs() {
            assert!(!pack.vectors.is_empty(), "{}", pack.name);
            for vector in &pack.vectors {
                let calendar = packs().unwrap().holidays(&vector.place).unwrap();
                let weekdays = Date::constant(vector.year, 1, 1)
                    .series(1.day())
                    .take_while(|day| day.year() == vector.year)
                    .filter(|day| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday));
                let free: Vec<Date> = weekdays.filter(|day| !calendar.is_working_day(*day)).collect();
                assert_eq!(free, vector.days, "{} {}", vector.place, vector.year);
            }
        }
    }

    #[test]
    fn every_period_ends_on_the_day_of_its_examples() {
        let packs = packs().unwrap();
        for pack in packs.duty_packs() {
            let place = &pack.duties.first().unwrap().0;
            for vector in &pack.vectors {
                let given = vector.given(&packs.duties(place, vector.from));
                assert_eq!(given, Some(vector.last), "{}: {vector:?}", pack.name);
            }
        }
        for pack in packs.limitation_packs() {
            for LastDayToSue { place, age, last } in &pack.vectors {
                let law = packs.duties(place, *last).limitation.unwrap();
                assert_eq!(law.expiry(age, *last).map(|expiry| expiry.last_day), Some(*last), "{place}: {age:?}");
            }
        }
    }

    #[test]
    fn a_part_has_its_own_duties_and_for_the_rest_its_countrys() {
        let packs = packs().unwrap();
        let on = Date::constant(2026, 3, 2);
        let england = packs.duties("GB-EAW", on);
        assert!(england.pre_action.is_some() && england.moratorium.is_some() && england.privacy.is_some());
        assert_eq!(packs.duties("GB-NIR", on).pre_action, None);
        let texas = packs.duties("US-TX", on);
        assert!(texas.validation.is_some() && texas.limitation != packs.duties("US", on).limitation);
        assert_eq!(packs.duties("US-ZZ", on), packs.duties("US", on));
        assert_eq!(packs.duties("US", Date::constant(2021, 11, 29)).validation, None);
        assert_eq!(packs.duties("XX", on), Duties::default());
    }

    #[test]
    fn a_place_has_its_own_holidays_or_its_countrys() {
        let packs = packs().unwrap();
        let corpus_christi = Date::constant(2026, 6, 4);
        let free = |place| packs.holidays(place).map(|calendar| calendar.on(corpus_christi).is_some());
        assert_eq!(
            ["DE-BY", "DE-SN", "DE", "DE-XX", "FR"].map(free),
            [Some(true), Some(false), Some(false), Some(false), None]
        );
        let twice = Packs::read(&Files { holidays: &[FILES.holidays[0], FILES.holidays[0]], ..FILES }).unwrap_err();
        assert!(matches!(twice.reason, Reason::Twice(_)));
    }

    #[test]
    fn the_law_of_the_debtors_country_says_what_a_payment_clears_first_unless_the_tenant_does() {
        let policies = Policies::built_in().unwrap().under(packs().unwrap().laws().clone());
        let order = |policies: &Policies, country| policies.components(country);
        for (country, expected) in [
            (Some("DE"), ComponentOrder::CostsInterestPrincipal),
            (Some("NL"), ComponentOrder::CostsInterestPrincipal),
            (Some("GB"), ComponentOrder::PrincipalFirst),
            (Some("XX"), ComponentOrder::PrincipalFirst),
            (None, ComponentOrder::PrincipalFirst),
        ] {
            assert_eq!(order(&policies, country), expected, "{country:?}");
        }
        let chosen = policies.clearing(ComponentOrder::PrincipalFirst);
        assert_eq!(order(&chosen, Some("DE")), ComponentOrder::PrincipalFirst);
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
        let regime = FILES.regimes[0].1;
        let wrong = |from: &str, to: &str| {
            let text = regime.replacen(from, to, 1);
            assert_ne!(text, regime);
            Packs::read(&Files { regimes: &[("gb.toml", &text)], ..FILES }).unwrap_err().to_string()
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
        let us = FILES.duties[0].1.replacen("5 working days", "5 week days", 1);
        let error = Packs::read(&Files { duties: &[("us.toml", &us)], ..FILES }).unwrap_err().to_string();
        assert!(error.starts_with("us.toml: \"5 week days\" is not a period"), "{error}");
        let twice = Packs::read(&Files { regimes: &[FILES.regimes[0], FILES.regimes[0]], ..FILES }).unwrap_err();
        assert!(matches!(twice.reason, Reason::Twice(_)));
    }
}
