//! The templates of a tenant that has none of its own: for every stage and for payments that a provider tries again, in
//! every form, in English, from friendly to firm.
//!
//! What a stage has to say is put into a frame that they share. A text that has been in use is not changed: another one
//! raises [`VERSION`], which a test holds.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use dunlin_domain::ids::TemplateName;
use dunlin_domain::template::{Form, Language, Letter, TemplateKey, Texts};

/// The version of all of them.
pub const VERSION: u32 = 1;

/// What is open for the words of a stage in a frame.
const WORDS: &str = "[[words]]";

const PAGE: &str = include_str!("../templates/en/frame.html");
const TEXT: &str = include_str!("../templates/en/frame.txt");
const PAPER: &str = include_str!("../templates/en/paper.txt");
const SMS: &str = include_str!("../templates/en/sms.txt");
const SUBJECT: &str = include_str!("../templates/en/subject.txt");

/// A name, its words, those of its text message, and its subject.
type Words = (&'static str, &'static str, &'static str, &'static str);

macro_rules! words {
    ($name:literal, $subject:expr) => {
        (
            $name,
            include_str!(concat!("../templates/en/", $name, "/words.txt")),
            include_str!(concat!("../templates/en/", $name, "/sms.txt")),
            $subject,
        )
    };
}

const ALL: [Words; 5] = [
    words!("upcoming", SUBJECT),
    words!("early", SUBJECT),
    words!("mid", SUBJECT),
    words!("late", SUBJECT),
    words!("recovery", include_str!("../templates/en/recovery/subject.txt")),
];

/// All of them.
#[must_use]
pub fn built_in() -> &'static BTreeMap<TemplateKey, Texts> {
    static BUILT_IN: OnceLock<BTreeMap<TemplateKey, Texts>> = OnceLock::new();
    BUILT_IN.get_or_init(|| ALL.iter().flat_map(forms).collect())
}

/// The version of a template, where there is a built-in one.
#[must_use]
pub fn version(key: &TemplateKey) -> Option<u32> {
    built_in().contains_key(key).then_some(VERSION)
}

fn forms((name, words, sms, subject): &Words) -> Vec<(TemplateKey, Texts)> {
    let Ok(name) = TemplateName::parse(name) else { return Vec::new() };
    let framed = |frame: &str| frame.replace(WORDS, words);
    let letter = Letter { subject: (*subject).to_owned(), text: framed(TEXT), html: framed(PAGE) };
    let texts = [Texts::Email(letter), Texts::Sms(SMS.replace(WORDS, sms)), Texts::Paper(framed(PAPER))];
    let key = |form: Form| TemplateKey { name: name.clone(), form, language: Language::english() };
    texts.into_iter().map(|texts| (key(texts.form()), texts)).collect()
}
