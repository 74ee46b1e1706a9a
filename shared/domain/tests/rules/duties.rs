//! Periods, time to sue, claims and disputes: what must hold for any day.

use std::sync::Arc;

use dunlin_domain::calendar::easter::easter;
use dunlin_domain::calendar::holidays::{DayRule, Holiday, HolidayCalendar, Substitute};
use dunlin_domain::contact::DebtorKind;
use dunlin_domain::duty::limitation::{Age, Effect, LimitationLaw, LimitationRow};
use dunlin_domain::duty::preaction::{Documents, LetterOfClaim, Obligor, PreActionLaw, Reply};
use dunlin_domain::duty::privacy::{DataRequest, Grounds, Keeping, LawfulBasis, PrivacyLaw, Use};
use dunlin_domain::duty::provision::{Lifts, Provision};
use dunlin_domain::duty::retention::{Record, RecordKind, RetentionFloor, erase_on, may_purge};
use dunlin_domain::duty::validation::{
    Addressee, CreditorRequest, DisputeForm, Disputed, ValidationDispute, ValidationLaw,
};
use dunlin_domain::duty::{Because, Period};
use dunlin_domain::ids::{Citation, RuleId};
use dunlin_domain::money::{Currency, Money};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday, date};
use proptest::prelude::*;

fn provision() -> Provision {
    Provision {
        id: RuleId::parse("TEST.RULE").unwrap(),
        source: Citation::parse("a statute").unwrap(),
        valid_from: date(1990, 1, 1),
        valid_to: None,
    }
}

fn calendar() -> HolidayCalendar {
    let rules = [
        DayRule::Fixed { month: 1, day: 1 },
        DayRule::Nth { nth: 4, weekday: Weekday::Thursday, month: 11 },
        DayRule::Easter(-2),
        DayRule::Easter(1),
        DayRule::Fixed { month: 12, day: 25 },
        DayRule::Fixed { month: 12, day: 26 },
    ];
    let holiday = |rule| Holiday { name: String::new(), rule, from: None, until: None, except: Vec::new() };
    HolidayCalendar::new(rules.into_iter().map(holiday).collect(), Substitute::NextWeekday)
}

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::parse("USD").unwrap()).unwrap()
}

fn validation() -> ValidationLaw {
    ValidationLaw {
        notice: provision(),
        dispute: provision(),
        notice_within: period("5 days"),
        receipt: period("5 working days"),
        dispute_within: period("30 days"),
        holidays: Arc::new(calendar()),
    }
}

fn days() -> impl Strategy<Value = Date> {
    (0_i32..18_262).prop_map(|days| date(2000, 1, 1).saturating_add(days.days()))
}

fn periods() -> impl Strategy<Value = Period> {
    let units =
        ["days", "days beginning with it", "working days", "months", "years", "years from year end"].map(str::to_owned);
    let moved = prop_oneof![Just(""), Just(", or the next working day")];
    (2_u16..90, proptest::sample::select(units.to_vec()), moved)
        .prop_map(|(count, unit, moved)| period(&format!("{count} {unit}{moved}")))
}

proptest! {
    #[test]
    fn a_later_event_never_ends_a_period_earlier(period in periods(), one in days(), two in days()) {
        let calendar = calendar();
        let (early, late) = (one.min(two), one.max(two));
        prop_assert!(period.last_day(early, &calendar) <= period.last_day(late, &calendar));
        prop_assert!(period.last_day(early, &calendar) > early);
        prop_assert_eq!(period.to_string().parse::<Period>(), Ok(period));
    }

    #[test]
    fn what_is_free_never_makes_a_period_shorter(period in periods(), event in days()) {
        let (with, without) = (calendar(), HolidayCalendar::default());
        prop_assert!(period.last_day(event, &with) >= period.last_day(event, &without));
        prop_assert!(period.last_day(event, &with.without_substitutes()) <= period.last_day(event, &with));
    }

    #[test]
    fn so_many_working_days_lie_in_between(event in days(), count in 0_u16..60) {
        let calendar = calendar();
        let last = calendar.plus_working_days(event, count);
        let between = event.series(1.day()).skip(1).take_while(|day| *day <= last);
        prop_assert_eq!(between.filter(|day| calendar.is_working_day(*day)).count(), usize::from(count));
        prop_assert!(count == 0 || calendar.is_working_day(last));
    }

    #[test]
    fn every_holiday_of_a_weekend_frees_one_weekday(year in 1990_i16..2100) {
        let calendar = calendar();
        let own = |day: Date| calendar.without_substitutes().on(day).is_some();
        let all = Date::new(year, 1, 1).unwrap().series(1.day()).take_while(|day| day.year() == year);
        // New Year's Day of the next year frees a day of that year, so the count is of this year's own.
        let (mut lost, mut freed) = (0, 0);
        for day in all {
            let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
            lost += usize::from(weekend && own(day));
            freed += usize::from(!weekend && !own(day) && calendar.on(day).is_some());
        }
        prop_assert_eq!(lost, freed);
        let easter = easter(year);
        prop_assert!(easter.weekday() == Weekday::Sunday && easter >= date(year, 3, 22) && easter <= date(year, 4, 25));
    }

    #[test]
    fn an_acknowledgment_never_shortens_the_time_and_counts_only_while_it_runs(
        accrued in days(), acts in proptest::collection::vec(0_i32..6_000, 0..5), later in 0_i32..9_000,
    ) {
        let row = |anew| LimitationRow {
            provision: provision(), contracts: Vec::new(), debtor: None, period: Period::years(6), anew,
        };
        let law = |anew| LimitationLaw { rows: vec![row(anew)], effect: Effect::Barred };
        let acknowledged: Vec<Date> = acts.iter().map(|days| accrued.saturating_add(days.days())).collect();
        let age = Age { accrued, contract: None, debtor: DebtorKind::Business, acknowledged };
        let on = accrued.saturating_add(later.days());
        let plain = law(None).expiry(&age, on).unwrap();
        let renewed = law(Some(Period::years(6))).expiry(&age, on).unwrap();
        prop_assert_eq!(plain.last_day, accrued.saturating_add(6.years()));
        prop_assert!(plain.last_day <= renewed.last_day);
        // Whatever is over stays over: what comes after the last day adds nothing.
        let much_later = law(Some(Period::years(6))).expiry(&age, Date::MAX).unwrap();
        prop_assert!(on <= renewed.last_day || much_later.last_day == renewed.last_day);
        prop_assert_eq!(renewed.bar(renewed.last_day), None);
        prop_assert!(renewed.bar(renewed.over_from()).is_some());
    }

    #[test]
    fn a_dispute_stops_exactly_what_is_disputed_until_it_is_verified(
        cents in 1_i64..100_000, part in 0_i64..100_000, demand in 1_i64..100_000, verified in 0_i32..40,
    ) {
        let money = |minor| Money::from_minor(minor, usd("0").currency());
        let part = part.min(cents);
        let (received, end) = (date(2026, 11, 20), date(2026, 12, 9));
        let sent = received.saturating_add(verified.days());
        let dispute = ValidationDispute {
            received, form: DisputeForm::Written,
            disputed: Disputed::Part { amount: money(part), of: money(cents) }, verified: Some(sent),
        };
        let law = validation();
        for days in 0..45 {
            let on = received.saturating_add(days.days());
            let stopped = law.paused(&dispute, end, Some(money(demand)), on).is_some();
            prop_assert_eq!(stopped, on < sent && demand > cents - part);
            prop_assert_eq!(law.paused(&dispute, end, None, on).is_some(), on < sent);
        }
    }

    #[test]
    fn a_bar_that_lifts_on_a_day_is_gone_on_it_and_there_the_day_before(
        dated in days(), reply in proptest::option::of(0_i32..40), documents in proptest::option::of(0_i32..60),
        company: bool, on in 0_i32..120,
    ) {
        let law = PreActionLaw {
            protocol: provision(), answer_within: period("30 days"), talks: period("30 days"),
            direction: provision(), company_within: period("14 days"), holidays: Arc::new(calendar()),
        };
        let after = |days: i32| dated.saturating_add(days.days());
        let documents = documents.map_or(Documents::NotRequested, |days| Documents::Provided(after(days)));
        let reply = reply.map(|days| Reply { received: after(days), documents });
        let letter = LetterOfClaim { dated, reply };
        let obligor = if company { Obligor::Company } else { Obligor::Individual };
        let bar = |on| law.bars_claim(obligor, Some(&letter), on);
        // What is still to come changes the answer, so the day is one after all that happened.
        let on = after(100 + on);
        prop_assert_eq!(bar(on), None);
        if let Some(Lifts::On(free)) = bar(after(60)).map(|bar| bar.lifts) {
            prop_assert_eq!(bar(free), None);
            prop_assert!(bar(free.yesterday().unwrap()).is_some());
        }
    }
}

#[test]
fn a_notice_is_in_time_owed_or_needless() {
    let law = validation();
    let initial = date(2026, 3, 2);
    for (sent, timely) in [("2026-03-02", true), ("2026-03-07", true), ("2026-03-08", false)] {
        assert_eq!(law.timely(initial, sent.parse().unwrap()).is_ok(), timely, "{sent}");
    }
    for (paid, skip) in [(Some("2026-03-05"), true), (Some("2026-03-08"), false), (None, false)] {
        let skipped = law.may_skip(initial, paid.map(|day| day.parse().unwrap()));
        assert_eq!(skipped.is_ok(), skip, "{paid:?}");
        assert!(skip || skipped.unwrap_err().because == Because::NoticeOwed(date(2026, 3, 7)));
    }
    for (addressee, allowed) in [
        (Addressee::Debtor, true),
        (Addressee::Estate(Some("Jo Park")), true),
        (Addressee::Estate(Some(" ")), false),
        (Addressee::Estate(None), false),
    ] {
        assert_eq!(law.may_address(addressee).is_ok(), allowed, "{addressee:?}");
    }
}

#[test]
fn only_a_dispute_in_writing_and_in_time_stops_collection() {
    let law = validation();
    let end = date(2026, 12, 9);
    let on = date(2026, 12, 20);
    let dispute = |received, form| ValidationDispute { received, form, disputed: Disputed::All, verified: None };
    for (dispute, stops) in [
        (dispute(end, DisputeForm::Written), true),
        (dispute(date(2026, 12, 10), DisputeForm::Written), false),
        (dispute(date(2026, 11, 20), DisputeForm::Oral), false),
    ] {
        assert_eq!(law.paused(&dispute, end, None, on).is_some(), stops, "{dispute:?}");
    }
    let asked = |received, answered| law.asked(&CreditorRequest { received, answered }, end, on).is_some();
    assert!(asked(date(2026, 11, 25), None) && asked(date(2026, 11, 25), Some(date(2026, 12, 21))));
    assert!(!asked(date(2026, 11, 25), Some(on)) && !asked(date(2026, 12, 10), None));
    assert_eq!(law.overshadowed(end, end).map(|bar| bar.lifts), Some(Lifts::On(date(2026, 12, 10))));
    assert_eq!(law.overshadowed(end, date(2026, 12, 10)), None);
}

#[test]
fn documents_that_are_owed_hold_a_claim_up() {
    let law = PreActionLaw {
        protocol: provision(),
        answer_within: period("30 days"),
        talks: period("30 days"),
        direction: provision(),
        company_within: period("14 days"),
        holidays: Arc::new(calendar()),
    };
    let dated = date(2026, 1, 30);
    let because = |obligor, letter: Option<LetterOfClaim>, on: &str| {
        law.bars_claim(obligor, letter.as_ref(), on.parse().unwrap()).map(|bar| bar.because)
    };
    let silent = Some(LetterOfClaim { dated, reply: None });
    let replied =
        |documents| Some(LetterOfClaim { dated, reply: Some(Reply { received: date(2026, 2, 20), documents }) });
    let person = Obligor::Individual;
    for (obligor, letter, on, expected) in [
        (person, silent, "2026-03-01", Some(Because::TimeToAnswer(date(2026, 3, 1)))),
        (person, silent, "2026-03-02", None),
        (Obligor::Company, silent, "2026-02-13", Some(Because::TimeToAnswer(date(2026, 2, 13)))),
        (Obligor::Company, silent, "2026-02-14", None),
        (person, None, "2026-03-02", Some(Because::NoLetterOfClaim)),
        (person, replied(Documents::NotRequested), "2026-03-22", Some(Because::TimeToAnswer(date(2026, 3, 22)))),
        (person, replied(Documents::NotRequested), "2026-03-23", None),
        (person, replied(Documents::Requested), "2026-06-30", Some(Because::DocumentsOwed)),
        (
            person,
            replied(Documents::Provided(date(2026, 3, 5))),
            "2026-04-04",
            Some(Because::TimeToAnswer(date(2026, 4, 4))),
        ),
        (person, replied(Documents::Provided(date(2026, 3, 5))), "2026-04-05", None),
    ] {
        assert_eq!(because(obligor, letter, on), expected, "{letter:?} {on}");
    }
}

#[test]
fn records_are_kept_for_their_time_and_their_purpose() {
    let floor = |kind, keep| RetentionFloor { provision: provision(), kind, keep: period(keep) };
    let floors = [
        floor(RecordKind::Evidence, "3 years"),
        floor(RecordKind::CallRecording, "3 years"),
        floor(RecordKind::Books, "6 years from year end"),
        floor(RecordKind::Books, "8 years from year end"),
    ];
    for (kind, event, debt_open, on, purged) in [
        (RecordKind::Evidence, "2024-02-29", false, "2027-02-28", false),
        (RecordKind::Evidence, "2024-02-29", false, "2027-03-01", true),
        (RecordKind::Evidence, "2024-02-29", true, "2027-03-01", false),
        (RecordKind::CallRecording, "2023-06-01", true, "2026-06-01", false),
        (RecordKind::CallRecording, "2023-06-01", true, "2026-06-02", true),
        (RecordKind::Books, "2024-06-01", false, "2032-12-31", false), // the longer of two
        (RecordKind::Books, "2024-06-01", false, "2033-01-01", true),
    ] {
        let record = Record { kind, event: event.parse().unwrap(), debt_open };
        assert_eq!(may_purge(&floors, &record, on.parse().unwrap()).is_ok(), purged, "{record:?} {on}");
    }
    assert_eq!(erase_on(Some(date(2026, 5, 31)), date(2026, 1, 1)), date(2026, 6, 1));
    assert_eq!(erase_on(Some(date(2026, 5, 31)), date(2027, 1, 1)), date(2027, 1, 1));
    assert_eq!(erase_on(None, date(2026, 1, 1)), date(2026, 1, 1));
}

fn privacy() -> PrivacyLaw {
    PrivacyLaw {
        answers: provision(),
        answer_within: period("1 month, or the next working day"),
        extended: period("3 months, or the next working day"),
        erasure: provision(),
        accuracy: provision(),
        objection: provision(),
        holidays: Arc::new(calendar()),
    }
}

#[test]
fn requests_are_answered_within_a_month() {
    let law = privacy();
    for (received, sent, timely) in [
        ("2026-03-10", "2026-04-10", true),
        ("2026-03-10", "2026-04-11", false),
        ("2024-01-31", "2024-02-29", true),
        ("2024-01-31", "2024-03-01", false),
        ("2026-03-03", "2026-04-07", true), // Good Friday to the Tuesday after Easter
        ("2026-03-03", "2026-04-08", false),
    ] {
        assert_eq!(law.timely(received.parse().unwrap(), sent.parse().unwrap()).is_ok(), timely, "{received} {sent}");
    }
    assert_eq!(law.answer_by_extended(date(2026, 1, 31)), date(2026, 4, 30));
}

#[test]
fn rights_over_data_give_way_to_legal_claims_and_marketing_to_them() {
    let law = privacy();
    let (interests, contract) = (LawfulBasis::LegitimateInterests, LawfulBasis::Contract);
    let contested = |verified| DataRequest::AccuracyContested { verified };
    for (request, wanted, basis, legal_claim, barred) in [
        (DataRequest::Objection, Use::Collection, interests, true, false),
        (DataRequest::Objection, Use::Collection, interests, false, true),
        (DataRequest::Objection, Use::AutomatedDunning, contract, false, false),
        (DataRequest::Objection, Use::Marketing, contract, true, true),
        (DataRequest::Erasure, Use::Collection, interests, true, false),
        (DataRequest::Erasure, Use::Marketing, interests, true, true),
        (contested(false), Use::AutomatedDunning, contract, true, true),
        (contested(false), Use::Collection, contract, true, false),
        (contested(false), Use::Collection, contract, false, true),
        (contested(true), Use::AutomatedDunning, interests, false, false),
    ] {
        let bar = law.bars_use(request, wanted, Grounds { basis, legal_claim });
        assert_eq!(bar.is_some(), barred, "{request:?} {wanted:?} {basis:?} {legal_claim}");
    }
    for (debt_open, legal_claim, retention_over, erased) in [
        (false, false, true, true),
        (true, false, true, false),
        (false, true, true, false),
        (false, false, false, false),
    ] {
        assert_eq!(law.may_erase(Keeping { debt_open, legal_claim, retention_over }).is_ok(), erased);
    }
}
