//! Periods, time to sue, claims and disputes: what must hold for any day.

mod steps;
mod tables;

use std::sync::Arc;

use dunlin_domain::calendar::easter::easter;
use dunlin_domain::calendar::holidays::{DayRule, Holiday, HolidayCalendar, Substitute};
use dunlin_domain::charge::moratorium::Moratorium;
use dunlin_domain::contact::DebtorKind;
use dunlin_domain::duty::limitation::{Age, Effect, LimitationLaw, LimitationRow};
use dunlin_domain::duty::preaction::{Documents, LetterOfClaim, PreActionLaw, Reply};
use dunlin_domain::duty::privacy::{DataRequest, Grounds, Keeping, LawfulBasis, PrivacyLaw, Use};
use dunlin_domain::duty::provision::{Lifts, Provision};
use dunlin_domain::duty::retention::{Record, RecordKind, RetentionFloor, erase_on, may_purge};
use dunlin_domain::duty::steps::{Debt, PreAction, Step, Validation};
use dunlin_domain::duty::validation::{
    Addressee, CreditorRequest, DisputeForm, Disputed, ValidationDispute, ValidationLaw,
};
use dunlin_domain::duty::{Because, Duties, OptOutLaw, Period};
use dunlin_domain::ids::{Citation, RuleId};
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::obligor::Obligor;
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
        let obligor = if company { Obligor::Company } else { Obligor::NaturalPerson };
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
