//! Filling a template in. What a page is filled in with is always escaped.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use dunlin_domain::duty::lint::Part;
use dunlin_domain::duty::outreach::Block;
use dunlin_domain::duty::wording::Wording;
use dunlin_domain::message::Plan;
use dunlin_domain::template::{Facts, Letter, Texts};
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, Value, filters};

use crate::fault::Fault;
use crate::syntax;
use crate::values::{block_fields, is_known, printed, subject_values, values};

/// The name under which a text is escaped.
const PAGE: &str = "page.html";

/// An engine that knows what is on the list, and nothing else.
fn engine() -> &'static Environment<'static> {
    static ENGINE: OnceLock<Environment<'static>> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut engine = Environment::empty();
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        engine.set_auto_escape_callback(|name| if name == PAGE { AutoEscape::Html } else { AutoEscape::None });
        engine.add_filter("length", filters::length);
        engine.add_filter("upper", filters::upper);
        engine.add_filter("lower", filters::lower);
        engine.add_filter("first", filters::first);
        engine.add_filter("last", filters::last);
        engine
    })
}

/// What is wrong with the sources of a template, before they are filled in with anything.
pub(crate) fn unreadable(template: &Texts) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (part, source) in parts(template) {
        let fault = |(line, what): (usize, String)| Fault::Syntax { part, line, what };
        faults.extend(syntax::faults(source).into_iter().map(fault));
        match engine().template_from_named_str(name(part), source) {
            Err(error) => faults.push(broken(part, &error)),
            Ok(parsed) => {
                let mut unknown: Vec<String> = parsed.undeclared_variables(true).into_iter().collect();
                unknown.retain(|variable| !is_known(variable, part == Part::Subject));
                unknown.sort();
                let line = |variable: &String| {
                    let root = variable.rsplit('.').next().unwrap_or_default();
                    let at = source.find(root).and_then(|at| source.get(..at)).unwrap_or_default();
                    at.matches('\n').count().saturating_add(1)
                };
                faults.extend(unknown.iter().map(|variable| {
                    fault((
                        line(variable),
                        format!("there is no variable {variable:?} here; see the list of variables"),
                    ))
                }));
            }
        }
    }
    faults
}

fn parts(texts: &Texts) -> Vec<(Part, &str)> {
    let outer = texts.subject_and_html().map(|(subject, html)| [(Part::Subject, subject), (Part::Html, html)]);
    [(Part::Text, texts.text())].into_iter().chain(outer.into_iter().flatten()).collect()
}

fn name(part: Part) -> &'static str {
    if part == Part::Html { PAGE } else { "text" }
}

fn broken(part: Part, error: &Error) -> Fault {
    let what = error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
    Fault::Syntax { part, line: error.line().unwrap_or(1), what }
}

/// Fills a template in with what a plan and its facts say. The same template, plan, facts and wording always make the same
/// bytes.
///
/// # Errors
/// [`Fault`]: it names what there is not, or a text of the law that it has to print cannot be filled in.
pub(crate) fn render(template: &Texts, plan: &Plan, facts: &Facts, wording: &Wording) -> Result<Texts, Fault> {
    let blocks = blocks(template, facts, wording)?;
    let inner = values(plan, facts, &blocks);
    Ok(match template {
        Texts::Sms(text) => Texts::Sms(one_line(&fill(Part::Text, text, &inner)?)),
        Texts::Paper(text) => Texts::Paper(paragraphs(&fill(Part::Text, text, &inner)?)),
        Texts::Email(letter) => Texts::Email(Letter {
            subject: one_line(&fill(Part::Subject, &letter.subject, &subject_values(plan, facts))?),
            text: paragraphs(&fill(Part::Text, &letter.text, &inner)?),
            html: fill(Part::Html, &letter.html, &inner)?,
        }),
    })
}

fn fill(part: Part, source: &str, values: &Value) -> Result<String, Fault> {
    let filled = engine().render_named_str(name(part), source, values).map_err(|error| broken(part, &error))?;
    if filled.trim().is_empty() { Err(Fault::Empty(part)) } else { Ok(filled) }
}

/// The texts of the law, each empty where it is not to be printed. One that the template does not have is for the linter to
/// miss.
fn blocks(template: &Texts, facts: &Facts, wording: &Wording) -> Result<BTreeMap<&'static str, String>, Fault> {
    let fields = block_fields(facts);
    let included = |block: Block| parts(template).iter().any(|(_, source)| source.contains(block.as_str()));
    let wanted = |block: Block| printed(block, facts, template.form()) && included(block);
    let text = |block: Block| {
        let Some(text) = wording.blocks.get(&block).filter(|_| wanted(block)) else {
            return Ok((block.as_str(), String::new()));
        };
        let broken = |error| broken(Part::Text, &error);
        let parsed = engine().template_from_str(&text.text).map_err(broken)?;
        let mut missing: Vec<String> = parsed.undeclared_variables(false).into_iter().collect();
        missing.retain(|field| !fields.contains_key(field.as_str()));
        if !missing.is_empty() {
            missing.sort();
            return Err(Fault::Unfilled { block, fields: missing });
        }
        Ok((block.as_str(), parsed.render(&fields).map_err(broken)?.trim().to_owned()))
    };
    Block::ALL.into_iter().map(text).collect()
}

/// A header and a text message are one line, whatever a name holds.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A plain text: what came out empty leaves no more than one line free.
fn paragraphs(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    format!("{}\n", lines.join("\n").trim_end())
}
