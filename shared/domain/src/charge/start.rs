//! When interest begins: the day that the law or the agreement leaves free of it, and the one after.

use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::calendar::holidays::HolidayCalendar;
use crate::contact::DebtorKind;

/// Who bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purchaser {
    /// A business, or a consumer.
    #[default]
    Private,
    /// A public authority, whose time to pay the law cuts short.
    PublicAuthority,
}

/// What is known of an agreed time to pay that is longer than the law's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LongTerm {
    /// Nothing is said against it, so that it stands: interest that begins late wrongs nobody.
    #[default]
    Stands,
    /// It is grossly unfair to the supplier.
    GrosslyUnfair,
}

/// What was agreed and what has happened, as far as it decides when interest begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PaymentTerms {
    /// Who bought.
    pub purchaser: Purchaser,
    /// The day of the calendar on which payment was agreed to be made.
    pub agreed_day: Option<Date>,
    /// What is known of an agreed day that is far off.
    pub long_term: LongTerm,
    /// When goods were delivered or the service was rendered.
    pub performed: Option<Date>,
    /// When the debtor received the invoice, or other notice of the amount.
    pub invoice_received: Option<Date>,
    /// When the debtor received a reminder that came after the debt was due.
    pub reminded: Option<Date>,
    /// Whether the invoice told a consumer that default comes by itself after 30 days.
    pub told_of_thirty_days: bool,
}

/// Why no day can be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The facts do not say when the time to pay began.
    #[error("it is not known when interest begins: name the agreed day of payment, or when the invoice was received")]
    Unknown,
    /// A consumer is in default only after a reminder or a notice.
    #[error(
        "the debtor is not in default: a consumer is only after a reminder, an agreed day of the calendar, or 30 days \
         after an invoice that said so (BGB 286)"
    )]
    NotInDefault,
}

/// How a law finds the day on which interest begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartRule {
    /// Great Britain: the relevant day (Late Payment of Commercial Debts (Interest) Act 1998, section 4(2A)-(2H)).
    RelevantDay,
    /// The European Union: Directive 2011/7/EU, articles 3 and 4.
    Directive,
    /// Germany: default (BGB 286, 187(1)). A last day that is no working day of this calendar moves to the next (BGB 193).
    Verzug(Arc<HolidayCalendar>),
    /// Only what was agreed: the law itself gives no interest.
    Agreed,
}

impl StartRule {
    /// The last day that bears no interest: the relevant day of the British Act. Interest begins on the day after it.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn last_free_day(&self, terms: &PaymentTerms, debtor: DebtorKind) -> Result<Date, StartError> {
        match self {
            // Thirty days *beginning with* the day: it is the first of them.
            Self::RelevantDay => by_term(terms, terms.after_notice(), 29, 59),
            Self::Directive => by_term(terms, terms.performed.max(terms.invoice_received), 30, 60),
            Self::Verzug(holidays) => default(terms, debtor, holidays),
            Self::Agreed => terms.agreed_day.ok_or(StartError::Unknown),
        }
    }

    /// The first day that bears interest.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn first_day(&self, terms: &PaymentTerms, debtor: DebtorKind) -> Result<Date, StartError> {
        self.last_free_day(terms, debtor).map(|day| day.saturating_add(1.day()))
    }
}

impl PaymentTerms {
    /// The later of performance and notice of the amount; without notice, whatever was performed, nothing has begun.
    fn after_notice(&self) -> Option<Date> {
        self.performed.max(self.invoice_received).filter(|_| self.invoice_received.is_some())
    }
}

/// The agreed day, within the limits of the law; without one, so many days from the day that the law counts from.
fn by_term(
    terms: &PaymentTerms,
    counted_from: Option<Date>,
    statutory_days: i32,
    longest_days: i32,
) -> Result<Date, StartError> {
    let after = |days: i32| counted_from.map(|day| day.saturating_add(days.days())).ok_or(StartError::Unknown);
    let Some(agreed) = terms.agreed_day else { return after(statutory_days) };
    match (terms.purchaser, terms.long_term) {
        (Purchaser::PublicAuthority, _) => Ok(agreed.min(after(statutory_days)?)),
        (Purchaser::Private, LongTerm::GrosslyUnfair) => Ok(agreed.min(after(longest_days)?)),
        (Purchaser::Private, LongTerm::Stands) => Ok(agreed),
    }
}

/// The last day before default: an agreed day of the calendar, else the earlier of a reminder and of 30 days. What
/// comes before the debt is due brings no default.
fn default(terms: &PaymentTerms, debtor: DebtorKind, holidays: &HolidayCalendar) -> Result<Date, StartError> {
    if let Some(agreed) = terms.agreed_day {
        return Ok(holidays.working_day(agreed));
    }
    let reminded = terms.reminded.filter(|day| terms.performed.is_none_or(|performed| *day >= performed));
    let thirty_days_count = debtor == DebtorKind::Business || terms.told_of_thirty_days;
    // Where a business disputes that the invoice came, performance counts; a consumer's time runs from the invoice alone
    // (BGB 286 (3), second sentence).
    let received = match debtor {
        DebtorKind::Business => terms.performed.max(terms.invoice_received),
        DebtorKind::Consumer => terms.after_notice(),
    };
    let due = received.filter(|_| thirty_days_count);
    let by_time = due.map(|day| holidays.working_day(day.saturating_add(30.days())));
    let missing = if thirty_days_count { StartError::Unknown } else { StartError::NotInDefault };
    [reminded, by_time].into_iter().flatten().min().ok_or(missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::holidays::{DayRule, Holiday, Substitute};

    fn day(text: &str) -> Option<Date> {
        Some(text.parse().unwrap())
    }

    /// Germany as far as these tests need it.
    fn verzug() -> StartRule {
        let rule =
            |name: &str, rule| Holiday { name: name.to_owned(), rule, from: None, until: None, except: Vec::new() };
        let days = vec![rule("Karfreitag", DayRule::Easter(-2)), rule("Ostermontag", DayRule::Easter(1))];
        StartRule::Verzug(Arc::new(HolidayCalendar::new(days, Substitute::None)))
    }

    fn terms() -> PaymentTerms {
        PaymentTerms { performed: day("2026-02-20"), invoice_received: day("2026-03-01"), ..PaymentTerms::default() }
    }

    fn free(rule: &StartRule, terms: &PaymentTerms) -> String {
        rule.last_free_day(terms, DebtorKind::Business).unwrap().to_string()
    }

    #[test]
    fn without_an_agreed_day_each_law_counts_thirty_days_its_own_way() {
        assert_eq!(free(&StartRule::RelevantDay, &terms()), "2026-03-30");
        assert_eq!(free(&StartRule::Directive, &terms()), "2026-03-31");
        assert_eq!(free(&verzug(), &terms()), "2026-03-31");
        let late = PaymentTerms { performed: day("2026-03-10"), ..terms() };
        assert_eq!(free(&StartRule::RelevantDay, &late), "2026-04-08");
        // Thirty days after 5 March end on the Saturday before Easter.
        let over_easter = PaymentTerms { invoice_received: day("2026-03-05"), ..terms() };
        assert_eq!(free(&verzug(), &over_easter), "2026-04-07");
        // The later of two days of which one is not known is not known.
        let unbilled =
            PaymentTerms { performed: day("2026-02-20"), told_of_thirty_days: true, ..PaymentTerms::default() };
        assert_eq!(StartRule::RelevantDay.last_free_day(&unbilled, DebtorKind::Business), Err(StartError::Unknown));
        assert_eq!(verzug().last_free_day(&unbilled, DebtorKind::Consumer), Err(StartError::Unknown));
        assert_eq!(free(&verzug(), &unbilled), "2026-03-23");
        let nothing = PaymentTerms::default();
        for rule in [StartRule::RelevantDay, StartRule::Directive, verzug()] {
            assert_eq!(rule.last_free_day(&nothing, DebtorKind::Business), Err(StartError::Unknown));
        }
    }

    #[test]
    fn an_agreed_day_counts_within_the_limits_of_the_law() {
        let agreed = PaymentTerms { agreed_day: day("2026-05-30"), ..terms() };
        let unfair = PaymentTerms { long_term: LongTerm::GrosslyUnfair, ..agreed };
        let authority = PaymentTerms { purchaser: Purchaser::PublicAuthority, ..agreed };
        for (rule, sixty, thirty) in
            [(StartRule::RelevantDay, "2026-04-29", "2026-03-30"), (StartRule::Directive, "2026-04-30", "2026-03-31")]
        {
            assert_eq!(free(&rule, &agreed), "2026-05-30");
            assert_eq!(free(&rule, &unfair), sixty);
            assert_eq!(free(&rule, &authority), thirty);
            for limited in [unfair, authority] {
                let uncounted = PaymentTerms { performed: None, invoice_received: None, ..limited };
                assert_eq!(rule.last_free_day(&uncounted, DebtorKind::Business), Err(StartError::Unknown));
            }
            let soon = PaymentTerms { agreed_day: day("2026-03-10"), ..unfair };
            assert_eq!(free(&rule, &soon), "2026-03-10");
        }
    }

    #[test]
    fn german_default_needs_a_calendar_day_a_reminder_or_thirty_days() {
        let rule = verzug();
        let sunday = PaymentTerms { agreed_day: day("2026-03-15"), ..PaymentTerms::default() };
        assert_eq!(free(&rule, &sunday), "2026-03-16");
        let reminded = PaymentTerms { reminded: day("2026-03-10"), ..terms() };
        assert_eq!(rule.first_day(&reminded, DebtorKind::Consumer), Ok("2026-03-11".parse().unwrap()));
        let too_soon = PaymentTerms { reminded: day("2026-02-10"), ..terms() };
        assert_eq!(free(&rule, &too_soon), "2026-03-31");
        assert_eq!(rule.last_free_day(&terms(), DebtorKind::Consumer), Err(StartError::NotInDefault));
        let told = PaymentTerms { told_of_thirty_days: true, ..terms() };
        assert_eq!(rule.last_free_day(&told, DebtorKind::Consumer), Ok("2026-03-31".parse().unwrap()));
    }
}
