//! What a template may name.

use std::collections::BTreeMap;

use dunlin_domain::duty::outreach::Block;
use dunlin_domain::message::{CycleRef, Line, Plan};
use dunlin_domain::money::Money;
use dunlin_domain::template::{Facts, Form};
use jiff::civil::Date;
use minijinja::{Value, context};

/// The variables of a template and what they hold. A subject knows none of the amounts, because others can read it.
pub const VARIABLES: [(&str, &str); 17] = [
    ("sender", "the name that the message is signed with"),
    ("creditor", "the creditor's name: the sender's, unless it collects for another"),
    ("address", "the sender's postal address, where it is known"),
    ("debtor", "the debtor's name"),
    ("today", "the date, such as 31 March 2026"),
    ("stage", "upcoming, early, mid or late"),
    ("recovery", "whether a provider tries to collect the payment again"),
    ("next_try", "when it tries next, where that is known"),
    ("currency", "the currency's code, such as EUR"),
    (
        "lines",
        "the invoices, oldest due first, each with number, due, balance, charges (interest and costs in it), page",
    ),
    ("some_to_come", "whether some of the invoices are not due yet, while others are late"),
    ("credit", "the credit that is set against them, where there is some"),
    ("amount_due", "the total"),
    ("pay_url", "where to pay, where there is a page for it"),
    ("opt_out_url", "where one click ends e-mail"),
    ("privacy_url", "where the sender tells what it does with personal data, where it is known"),
    ("blocks", "texts of the law, each empty unless it is demanded: those of the list of blocks"),
];

/// What tells amounts; a subject does not know it.
const AMOUNTS: [&str; 3] = ["credit", "amount_due", "blocks"];

/// The variables that a text of a template may name.
pub(crate) fn is_known(variable: &str, in_subject: bool) -> bool {
    let (root, rest) = variable.split_once('.').unwrap_or((variable, ""));
    let known = VARIABLES.iter().any(|(name, _)| *name == root) && !(in_subject && AMOUNTS.contains(&root));
    known && (root != "blocks" || rest.is_empty() || Block::parse(rest).is_some())
}

/// The longest name that is written out.
const LONGEST_NAME: usize = 120;

/// A name without what could break a line, turn the reading direction, or push everything else away.
pub(crate) fn clean(name: &str) -> String {
    let seen = name.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !is_hidden(*c));
    let spaced = seen.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    match spaced.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}...", spaced.get(..end).unwrap_or_default().trim_end()),
        None => spaced,
    }
}

/// Marks that are not seen and change how others are: of direction, of width nothing, and line separators.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// What the texts of a message are filled in with.
pub(crate) fn values(plan: &Plan, facts: &Facts, blocks: &BTreeMap<&'static str, String>) -> Value {
    let line = |line: &Line| {
        context! {
            number => clean(line.invoice.number.as_str()),
            due => long_date(line.due_date),
            balance => grouped(line.balance),
            charges => facts.charges.get(&line.invoice).map(|charges| grouped(*charges)),
            page => facts.pages.get(&line.invoice).map(ToString::to_string),
        }
    };
    let late = matches!(plan.cycle, CycleRef::Overdue(_));
    context! {
        credit => plan.credit.is_positive().then(|| grouped(plan.credit)),
        amount_due => grouped(plan.amount_due),
        lines => plan.lines.iter().map(line).collect::<Vec<_>>(),
        some_to_come => late && plan.lines.iter().any(|line| line.due_date >= facts.on),
        blocks => Value::from_pairs(blocks.iter().map(|(name, text)| (*name, text.as_str()))),
        ..names(plan, facts)
    }
}

/// What a subject is filled in with.
pub(crate) fn subject_values(plan: &Plan, facts: &Facts) -> Value {
    let line = |line: &Line| {
        context! { number => clean(line.invoice.number.as_str()), due => long_date(line.due_date) }
    };
    let late = matches!(plan.cycle, CycleRef::Overdue(_));
    context! {
        lines => plan.lines.iter().map(line).collect::<Vec<_>>(),
        some_to_come => late && plan.lines.iter().any(|line| line.due_date >= facts.on),
        ..names(plan, facts)
    }
}

fn names(plan: &Plan, facts: &Facts) -> Value {
    let sender = clean(&facts.sender);
    context! {
        creditor => facts.creditor.as_deref().map_or_else(|| sender.clone(), clean),
        sender,
        address => facts.address.clone(),
        debtor => clean(&facts.debtor),
        today => long_date(facts.on),
        stage => plan.stage.as_str(),
        recovery => matches!(plan.cycle, CycleRef::Recovery(_)),
        next_try => facts.next_try.map(long_date),
        currency => plan.account.currency.code(),
        pay_url => facts.pay_url.clone(),
        opt_out_url => facts.opt_out_url.clone(),
        privacy_url => facts.privacy_url.clone(),
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

/// What the blocks of the law are filled in with.
pub(crate) fn block_fields(facts: &Facts) -> BTreeMap<&'static str, String> {
    let fields = [
        ("collector", Some(clean(&facts.sender))),
        ("collector_address", facts.address.clone()),
        ("creditor_now", facts.creditor.as_deref().map(clean)),
        ("opt_out_url", Some(facts.opt_out_url.clone())),
        ("privacy_url", facts.privacy_url.clone()),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The texts of the law that a message in a form may print: what is demanded, and how to end messages wherever they can be
/// ended by the reader alone.
pub(crate) fn printed(block: Block, facts: &Facts, form: Form) -> bool {
    facts.demanded.contains(&block) || (block == Block::OptOutLine && form != Form::Letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_domain::money::Currency;

    #[test]
    fn amounts_are_grouped() {
        let money = |text| Money::parse(text, Currency::parse("EUR").unwrap()).unwrap();
        assert_eq!(grouped(money("1234567.5")), "1,234,567.50");
        assert_eq!(grouped(money("123.00")), "123.00");
        assert_eq!(grouped(Money::parse("1000", Currency::parse("JPY").unwrap()).unwrap()), "1,000");
    }

    #[test]
    fn names_are_one_line_that_reads_forward() {
        assert_eq!(clean(" a\r\nBcc: x\u{7}\u{202e}b\u{200b} "), "a Bcc: x b");
        assert_eq!(clean(&"é".repeat(200)), format!("{}...", "é".repeat(120)));
    }
}
