//! What a message says, from templates that escape by themselves.

use dunlin_domain::debtor::Debtor;
use dunlin_domain::message::{CycleRef, Line, Plan};
use dunlin_domain::money::Money;
use jiff::civil::Date;
use minijinja::{Environment, context};

/// A message ready to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// A template is broken, which a test of all of them shows before anyone else does.
#[derive(Debug, thiserror::Error)]
#[error("template: {0:#}")]
pub struct RenderError(#[from] minijinja::Error);

/// Who writes, and where the reader can go.
#[derive(Debug, Clone)]
pub struct Sender<'a> {
    /// The creditor's name.
    pub creditor: &'a str,
    /// Where to pay, if there is a page for it.
    pub pay_url: Option<&'a str>,
    /// Where one click ends e-mail.
    pub unsubscribe_url: &'a str,
    /// The date on the debtor's calendar.
    pub today: Date,
}

/// The words of every stage while a provider tries to collect.
const RECOVERY: &str = "recovery";

const TEMPLATES: [(&str, &str); 9] = [
    ("base.html", include_str!("templates/base.html")),
    ("base.txt", include_str!("templates/base.txt")),
    ("subject.txt", include_str!("templates/subject.txt")),
    ("sms.txt", include_str!("templates/sms.txt")),
    ("upcoming", include_str!("templates/upcoming/words.txt")),
    ("early", include_str!("templates/early/words.txt")),
    ("mid", include_str!("templates/mid/words.txt")),
    ("late", include_str!("templates/late/words.txt")),
    (RECOVERY, include_str!("templates/recovery/words.txt")),
];

/// Renders messages.
#[derive(Debug)]
pub struct Renderer {
    environment: Environment<'static>,
}

impl Renderer {
    /// With the built-in templates.
    ///
    /// # Errors
    /// [`RenderError`] if one cannot be parsed.
    pub fn new() -> Result<Self, RenderError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        for (name, source) in TEMPLATES {
            environment.add_template(name, source)?;
        }
        Ok(Self { environment })
    }

    /// A plan as an e-mail.
    ///
    /// # Errors
    /// [`RenderError`].
    pub fn letter(&self, plan: &Plan, debtor: &Debtor, sender: &Sender<'_>) -> Result<Letter, RenderError> {
        let values = values(plan, debtor, sender);
        let words = self.render(if is_recovery(plan) { RECOVERY } else { plan.stage.as_str() }, &values)?;
        let body = |base: &str| self.render(base, &context! { words => words.trim(), ..values.clone() });
        let subject = self.render("subject.txt", &values)?;
        Ok(Letter { subject: one_line(&subject), text: body("base.txt")?, html: body("base.html")? })
    }

    /// A plan as a text message.
    ///
    /// # Errors
    /// [`RenderError`].
    pub fn text_message(&self, plan: &Plan, debtor: &Debtor, sender: &Sender<'_>) -> Result<String, RenderError> {
        Ok(one_line(&self.render("sms.txt", &values(plan, debtor, sender))?))
    }

    fn render(&self, template: &str, values: &minijinja::Value) -> Result<String, RenderError> {
        Ok(self.environment.get_template(template)?.render(values)?)
    }
}

fn is_recovery(plan: &Plan) -> bool {
    matches!(plan.cycle, CycleRef::Recovery(_))
}

fn values(plan: &Plan, debtor: &Debtor, sender: &Sender<'_>) -> minijinja::Value {
    let recovery = is_recovery(plan);
    let collection = |line: &Line| debtor.invoices.get(&line.invoice).map(|invoice| &invoice.collection);
    let attempts = |line: &Line| collection(line)?.attempts.clone().filter(|_| recovery);
    let next_try = plan.lines.iter().filter_map(|line| attempts(line)?.next).min();
    let lines = plan.lines.iter().map(|line| {
        let (number, due) = (line.invoice.number.as_str(), long_date(line.due_date));
        let page = attempts(line).and_then(|attempts| attempts.page).map(|page| page.to_string());
        context! { number, due, balance => grouped(line.balance), page }
    });
    let overdue = matches!(plan.cycle, CycleRef::Overdue(_));
    context! {
        creditor => sender.creditor,
        debtor => debtor.profile.name.as_str(),
        recovery,
        next_try => next_try.map(|next| long_date(debtor.today(next))),
        stage => plan.stage.as_str(),
        currency => plan.account.currency.code(),
        lines => lines.collect::<Vec<_>>(),
        some_to_come => overdue && plan.lines.iter().any(|line| line.due_date >= sender.today),
        credit => plan.credit.is_positive().then(|| grouped(plan.credit)),
        amount_due => grouped(plan.amount_due),
        // What the provider collects must not be paid elsewhere too.
        pay_url => sender.pay_url.filter(|_| !recovery),
        unsubscribe_url => sender.unsubscribe_url,
    }
}

/// `31 March 2026`.
fn long_date(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// `1,250.00`.
fn grouped(amount: Money) -> String {
    let text = amount.to_string();
    let (whole, rest) = text.find('.').map_or((text.as_str(), ""), |point| text.split_at(point));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut groups: Vec<&str> = Vec::new();
    let mut left = digits;
    while left.len() > 3 {
        let (head, group) = left.split_at(left.len().saturating_sub(3));
        groups.push(group);
        left = head;
    }
    groups.push(left);
    groups.reverse();
    format!("{sign}{}{rest}", groups.join(","))
}

/// A header and a text message are one line, whatever a name holds.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_domain::money::Currency;
    use dunlin_domain::policy::Stage;

    #[test]
    fn amounts_are_grouped() {
        let money = |text| Money::parse(text, Currency::parse("EUR").unwrap()).unwrap();
        assert_eq!(grouped(money("1234567.5")), "1,234,567.50");
        assert_eq!(grouped(money("123.00")), "123.00");
        assert_eq!(grouped(Money::parse("1000", Currency::parse("JPY").unwrap()).unwrap()), "1,000");
    }

    #[test]
    fn every_stage_has_its_words() {
        let renderer = Renderer::new().unwrap();
        for stage in Stage::ALL {
            assert!(renderer.environment.get_template(stage.as_str()).is_ok(), "{stage:?}");
        }
    }
}
