//! Whether this medium, this address and this person may be used.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::attempt::{Addressee, Attempt, Line, MailBasis, Mailbox, Medium, Purpose, Target};
use super::facts::ConsentKind;
use super::history::Initiator;
use super::law::Permission;
use super::{Checked, Gate, Moment, Until, Why};

/// A refusal that no time ends.
fn refused(when: bool, why: Why) -> Checked {
    when.then_some((why, Until::FactsChange))
}

impl Gate<'_> {
    pub(super) fn permission(&self, kind: &Permission, attempt: &Attempt, moment: Moment) -> Checked {
        let now = moment.now;
        match kind {
            Permission::MediumRefused => refused(self.refused_medium(attempt, now), Why::MediumRefused),
            Permission::OptedOut { whole_medium, confirm_minutes } => {
                refused(self.opted_out(*whole_medium, *confirm_minutes, attempt, now), Why::OptedOut)
            }
            Permission::Revoked => {
                refused(self.facts.refused.marketing.is_some_and(|revoked| revoked <= now), Why::Revoked)
            }
            Permission::PriorExpress => refused(!self.has_prior_express(attempt, now), Why::NoConsent),
            Permission::Electronic => {
                let goes = is_confirmation(attempt) || attempt.is_first_answer();
                refused(!goes && !self.facts.accepts_electronic(attempt.medium, now), Why::NoConsent)
            }
            Permission::MailBasis { notice_days, public_domains } => {
                self.mail_basis(*notice_days, public_domains, attempt, moment)
            }
            Permission::TextBasis { max_age_days } => {
                refused(!text_basis(*max_age_days, attempt, moment), Why::TextBasis)
            }
            Permission::WorkMail => refused(work_mail(attempt), Why::WorkMail),
            Permission::Public => refused(true, Why::Public),
            Permission::Workplace { if_prohibited } => {
                refused(self.workplace(*if_prohibited, attempt, now), Why::Workplace)
            }
            Permission::ThirdParty { spouse } => self.third_party(*spouse, attempt),
            Permission::Objection => refused(self.facts.refused.objected && attempt.solicits(), Why::Objected),
        }
    }

    fn refused_medium(&self, attempt: &Attempt, now: Timestamp) -> bool {
        let family = attempt.medium.family();
        let is_refused = |(refused, since): &(_, Timestamp)| *refused == family && *since <= now;
        // One answer to who writes by the medium, one confirmation (12 CFR 1006.14(h)(2)).
        let excepted = attempt.is_first_answer()
            || matches!(attempt.purpose, Purpose::OptOutConfirmation { sent: 0 } | Purpose::RequiredNotice);
        !excepted && self.facts.refused.media.iter().any(is_refused)
    }

    fn opted_out(&self, whole_medium: bool, confirm_minutes: i32, attempt: &Attempt, now: Timestamp) -> bool {
        let family = attempt.medium.family();
        let own = attempt.to.opted_out();
        let addresses = self.facts.refused.addresses.iter().filter(|(of, _)| whole_medium && *of == family);
        let since = addresses.map(|(_, since)| *since).chain(own).filter(|since| *since <= now).min();
        let Some(since) = since else { return false };
        let grace = SignedDuration::from_mins(i64::from(confirm_minutes));
        let may_confirm = since.saturating_add(grace).is_ok_and(|last| now <= last);
        !(attempt.purpose == (Purpose::OptOutConfirmation { sent: 0 }) && may_confirm)
    }

    fn has_prior_express(&self, attempt: &Attempt, now: Timestamp) -> bool {
        is_confirmation(attempt) || self.facts.consents_to(now, |consent| consent.kind == ConsentKind::PriorExpress)
    }

    fn mail_basis(&self, days: i32, public: &[String], attempt: &Attempt, moment: Moment) -> Checked {
        let Target::Mailbox(mailbox) = &attempt.to else {
            return refused(attempt.medium == Medium::Email, Why::MailBasis);
        };
        if is_confirmation(attempt) {
            return None;
        }
        match mailbox.basis {
            None => refused(true, Why::MailBasis),
            Some(MailBasis::UsedByConsumer | MailBasis::DirectConsent | MailBasis::PriorCollector) => None,
            Some(MailBasis::CreditorNotice { sent, deadline }) => {
                self.creditor_notice((sent, deadline), days, (mailbox, public), moment)
            }
        }
    }

    /// 12 CFR 1006.6(d)(4)(ii): a notice that left time to opt out, the time being over, and an address at a domain that
    /// anyone can have one at.
    fn creditor_notice(
        &self,
        (sent, deadline): (Option<Date>, Option<Date>),
        days: i32,
        (mailbox, public): (&Mailbox, &[String]),
        moment: Moment,
    ) -> Checked {
        let (Some(sent), Some(deadline)) = (sent, deadline) else { return refused(true, Why::MailBasis) };
        let long_enough = sent.saturating_add(i64::from(days).days()) <= deadline;
        let domain = mailbox.domain.as_deref();
        let anyones = domain.is_some_and(|domain| public.iter().any(|public| public.eq_ignore_ascii_case(domain)));
        if !long_enough || !anyones || mailbox.employer_provided {
            return refused(true, Why::MailBasis);
        }
        let over = self.midnight(deadline.saturating_add(1.day()));
        (moment.now < over).then_some((Why::MailNotice, Until::At(over)))
    }

    fn workplace(&self, if_prohibited: bool, attempt: &Attempt, now: Timestamp) -> bool {
        let at_work = attempt.to.line() == Some(Line::Work);
        let prohibited = !if_prohibited || self.facts.stops.employer_prohibits;
        at_work && prohibited && !self.facts.consents_to(now, |consent| consent.kind == ConsentKind::AtWork)
    }

    fn third_party(&self, spouse: bool, attempt: &Attempt) -> Checked {
        let (asked_back, doubted) = match attempt.addressee {
            Addressee::ThirdParty { asked_back, doubted } => (asked_back, doubted),
            Addressee::Spouse if !spouse => (false, false),
            Addressee::Spouse
            | Addressee::Debtor
            | Addressee::Guardian
            | Addressee::Executor { .. }
            | Addressee::Attorney
            | Addressee::Professional => return None,
        };
        let asks = attempt.purpose == Purpose::LocationInformation && !attempt.content.states_debt;
        let represented = !self.facts.stops.attorneys.is_empty();
        if !asks || represented || attempt.medium == Medium::Postcard {
            return refused(true, Why::ThirdParty);
        }
        refused(self.was_asked_before(attempt) && !asked_back && !doubted, Why::AskedBefore)
    }

    fn was_asked_before(&self, attempt: &Attempt) -> bool {
        self.past.iter().map(|past| past.contact).any(|contact| {
            contact.person == attempt.person
                && contact.initiator == Initiator::Collector
                && contact.purpose == Purpose::LocationInformation
        })
    }

    /// Whether the same was told since, as often as the law excepts it.
    pub(super) fn was_told_since(&self, attempt: &Attempt, since: Timestamp) -> bool {
        self.past.iter().map(|past| past.contact).any(|contact| {
            contact.at >= since && contact.purpose == attempt.purpose && contact.initiator == Initiator::Collector
        })
    }
}

fn is_confirmation(attempt: &Attempt) -> bool {
    matches!(attempt.purpose, Purpose::OptOutConfirmation { .. })
}

/// 12 CFR 1006.6(d)(5): a text or consent in the last days, or one at any time with a check of the number in the last days.
fn text_basis(max_age_days: i32, attempt: &Attempt, moment: Moment) -> bool {
    let Target::Number(number) = &attempt.to else { return false };
    let oldest = moment.today.saturating_sub(i64::from(max_age_days).days());
    let recent = |day: Option<Date>| day.is_some_and(|day| oldest <= day);
    let checked_since = number.last_text.is_some_and(|text| number.not_reassigned.is_some_and(|check| check >= text));
    is_confirmation(attempt) || recent(number.last_text) || (checked_since && recent(number.not_reassigned))
}

/// 12 CFR 1006.22(f)(3): an address that the employer is known to provide, but for those of 1006.6(d)(4)(i) and (iii).
fn work_mail(attempt: &Attempt) -> bool {
    let Target::Mailbox(mailbox) = &attempt.to else { return false };
    let excepted = match mailbox.basis {
        Some(MailBasis::UsedByConsumer | MailBasis::DirectConsent | MailBasis::PriorCollector) => true,
        Some(MailBasis::CreditorNotice { .. }) | None => false,
    };
    mailbox.employer_provided && !excepted
}
