//! What an attempt must say, and must not.

use jiff::ToSpan as _;

use super::attempt::{Attempt, Medium, OptOutLine, Purpose, VoiceMessage};
use super::law::Demand;
use super::wording::Deadline;
use super::{Checked, Gate, Moment, Until, Why};

fn lacks(when: bool, why: Why) -> Checked {
    when.then_some((why, Until::FactsChange))
}

impl Gate<'_> {
    pub(super) fn content(&self, kind: &Demand, attempt: &Attempt, moment: Moment) -> Checked {
        let content = &attempt.content;
        let confirms = matches!(attempt.purpose, Purpose::OptOutConfirmation { .. });
        match kind {
            Demand::OptOutLine => lacks(!confirms && content.opt_out != OptOutLine::Simple, Why::NoOptOut),
            Demand::OneClick => {
                lacks(!content.one_click && attempt.purpose != Purpose::RequiredNotice, Why::NoOneClick)
            }
            Demand::CommercialOptOut => {
                lacks(attempt.solicits() && content.opt_out != OptOutLine::Simple, Why::CommercialOptOut)
            }
            Demand::Disclosure => {
                let silent = confirms || attempt.purpose == Purpose::LocationInformation;
                // A voicemail may say so little that it is no communication (12 CFR 1006.2(j)).
                let silent = silent || attempt.medium == Medium::Voicemail;
                lacks(!silent && !content.says_debt_collector, Why::NoDisclosure)
            }
            Demand::LimitedContent { revealing } => {
                let limited = content.voice.as_ref().is_some_and(|voice| is_limited(voice, revealing));
                lacks(!limited, Why::Voicemail)
            }
            Demand::Overshadowing => self.overshadows(attempt, moment),
            Demand::BarredThreat => {
                let years = self.facts.credit.limitation_years;
                let last = years.and_then(|years| self.facts.credit.last_day_to_sue(years));
                let barred = last.is_some_and(|last| last < moment.today);
                lacks(barred && content.wording.threatens_suit, Why::BarredThreat)
            }
            Demand::PrivacyNotice => {
                let from_elsewhere = self.facts.credit.data_from_creditor.unwrap_or(true);
                lacks(from_elsewhere && content.first && !content.privacy_notice, Why::NoPrivacyNotice)
            }
        }
    }

    /// 12 CFR 1006.38(b)(1): no threat of suit and no earlier deadline while the debt may be disputed.
    fn overshadows(&self, attempt: &Attempt, moment: Moment) -> Checked {
        let ends = self.facts.credit.validation_ends?;
        let over = self.midnight(ends.saturating_add(1.day()));
        let wording = attempt.content.wording;
        let until = match wording.pay_by {
            _ if wording.threatens_suit => over,
            Some(Deadline::By(day)) if day < ends => over,
            Some(Deadline::Within(days)) => over.min(self.midnight(ends.saturating_sub(i64::from(days).days()))),
            Some(Deadline::By(_)) | None => return None,
        };
        (moment.now < until).then_some((Why::Overshadows, Until::At(until)))
    }
}

/// 12 CFR 1006.2(j): a name that does not tell of collection, a person, a number, a request to call back, and no more.
fn is_limited(voice: &VoiceMessage, revealing: &[String]) -> bool {
    let name = voice.business.to_lowercase();
    let tells = name.split(|c: char| !c.is_alphanumeric()).any(|word| revealing.iter().any(|tell| tell == word));
    let said = |part: &Option<String>| part.as_ref().is_some_and(|part| !part.trim().is_empty());
    !name.trim().is_empty()
        && !tells
        && said(&voice.person)
        && said(&voice.number)
        && voice.asks_reply
        && !voice.says_more
}
