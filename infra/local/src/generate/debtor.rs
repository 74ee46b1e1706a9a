//! Who owes: invented businesses and a few people, in several countries, with habits of paying.

use super::random::Random;

/// How somebody pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Habit {
    /// On time, or a day or two early.
    Punctual,
    /// Some days to three weeks late; a reminder helps.
    Late,
    /// Weeks late, often in parts.
    Chronic,
    /// Not at all.
    Never,
}

#[derive(Debug, Clone)]
pub(crate) struct Debtor {
    pub(crate) reference: String,
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) sms_consent: &'static str,
    pub(crate) place: &'static Place,
    pub(crate) habit: Habit,
    pub(crate) terms_days: i64,
    /// Days between two invoices.
    pub(crate) rhythm_days: i64,
    /// What an invoice comes to, in minor units.
    pub(crate) typical_minor: i64,
    /// Also invoiced in the book's other currency.
    pub(crate) two_currencies: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) country: &'static str,
    pub(crate) region: &'static str,
    pub(crate) time_zone: &'static str,
    pub(crate) language: &'static str,
    pub(crate) currency: &'static str,
}

const fn place(
    country: &'static str,
    region: &'static str,
    time_zone: &'static str,
    language: &'static str,
    currency: &'static str,
) -> Place {
    Place { country, region, time_zone, language, currency }
}

/// A British business: pounds at home and overseas, euros on the continent.
const PLACES: [(i64, Place); 9] = [
    (34, place("GB", "", "Europe/London", "en", "GBP")),
    (16, place("DE", "", "Europe/Berlin", "de", "EUR")),
    (9, place("FR", "", "Europe/Paris", "fr", "EUR")),
    (8, place("IE", "", "Europe/Dublin", "en", "EUR")),
    (6, place("ES", "", "Europe/Madrid", "es", "EUR")),
    (10, place("US", "NY", "America/New_York", "en", "GBP")),
    (5, place("US", "CA", "America/Los_Angeles", "en", "GBP")),
    (8, place("AU", "NSW", "Australia/Sydney", "en", "GBP")),
    (4, place("SG", "", "Asia/Singapore", "en", "GBP")),
];

const HABITS: [(i64, Habit); 4] = [(42, Habit::Punctual), (33, Habit::Late), (17, Habit::Chronic), (8, Habit::Never)];

const TERMS_DAYS: [(i64, i64); 5] = [(10, 7), (30, 14), (15, 21), (35, 30), (10, 45)];
const RHYTHM_DAYS: [(i64, i64); 4] = [(28, 14), (32, 21), (32, 30), (8, 60)];

const FIRST: [&str; 20] = [
    "Alder", "Bramble", "Copper", "Dune", "Ember", "Fern", "Granite", "Harbour", "Ivory", "Juniper", "Kestrel",
    "Linden", "Marble", "North", "Orchard", "Pebble", "Quarry", "River", "Slate", "Thistle",
];
const SECOND: [&str; 14] = [
    "Bakery",
    "Books",
    "Brewery",
    "Cycles",
    "Dental",
    "Design",
    "Electrics",
    "Gardens",
    "Joinery",
    "Logistics",
    "Optics",
    "Roasters",
    "Studio",
    "Vets",
];
const GIVEN: [&str; 10] = ["Ada", "Ben", "Cleo", "Dina", "Emil", "Faye", "Gus", "Hana", "Ivo", "Jo"];
const FAMILY: [&str; 10] =
    ["Ashby", "Brandt", "Castell", "Dorsey", "Ekholm", "Farrow", "Garnier", "Hollis", "Imber", "Jessop"];

/// In a hundred debtors, about this many of each.
const CONSUMERS_PERCENT: i64 = 10;
const WITH_PHONE_PERCENT: i64 = 35;
const TWO_CURRENCIES_PERCENT: i64 = 6;
/// Every so many debtors, one can be reached by text message only.
const SMS_ONLY_EVERY: u64 = 15;

pub(crate) fn debtor(seed: u64, number: u64) -> Option<Debtor> {
    let mut random = Random::of(seed, number);
    let sms_only = number % SMS_ONLY_EVERY == SMS_ONLY_EVERY / 2;
    // Only where numbers are kept that nobody has.
    let place = if sms_only { &PLACES.first()?.1 } else { random.weighted(&PLACES)? };
    let consumer = random.chance(CONSUMERS_PERCENT);
    let name = if consumer {
        format!("{} {}", random.pick(&GIVEN)?, random.pick(&FAMILY)?)
    } else {
        format!("{} {}", random.pick(&FIRST)?, random.pick(&SECOND)?)
    };
    let reachable = sms_only || random.chance(WITH_PHONE_PERCENT);
    let phone = if reachable { phone(place, number) } else { String::new() };
    let sms_consent = match (phone.is_empty(), sms_only || random.chance(50)) {
        (true, _) => "",
        (false, true) => "yes",
        (false, false) => "no",
    };
    let address = format!("accounts@{}-{number}.example", name.to_lowercase().replace(' ', "-"));
    Some(Debtor {
        reference: format!("D-{number:04}"),
        name,
        kind: if consumer { "consumer" } else { "business" },
        email: if sms_only { String::new() } else { address },
        phone,
        sms_consent,
        place,
        habit: *random.weighted(&HABITS)?,
        terms_days: *random.weighted(&TERMS_DAYS)?,
        rhythm_days: *random.weighted(&RHYTHM_DAYS)?,
        typical_minor: random.between(60, 400).saturating_mul(random.between(60, 400)),
        two_currencies: random.chance(TWO_CURRENCIES_PERCENT),
    })
}

/// A number that nobody has: Ofcom keeps 07700 900000 to 900999 for drama, the NANPA 555-0100 to 0199. Elsewhere none.
fn phone(place: &Place, number: u64) -> String {
    match place.country {
        "GB" => format!("+447700900{:03}", number % 1000),
        "US" if place.region == "NY" => format!("+1212555{:04}", 100 + number % 100),
        "US" => format!("+1213555{:04}", 100 + number % 100),
        _ => String::new(),
    }
}
