//! What a text that comes back means: an end to messages, a cry for help, or something that a person has to read.
//!
//! A word that always revokes (47 CFR 64.1200(a)(10)) stands alone, with courtesies or as a sentence of its own; other
//! wording counts where it asks in plain words for no more messages. What only contains such a word does not: who says
//! that they stopped by the office has revoked nothing.

use jiff::Timestamp;

use super::address::Address;
use super::point::Stopped;
use super::suppression::StopReason;
use crate::debtor::Stop;

/// What a text that came back means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reply {
    /// A word that always revokes.
    Stop,
    /// A refusal in the person's own words.
    Refused,
    /// A word that asks who is writing.
    Help,
    /// Anything else.
    Other,
}

/// A text that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The network's id of it.
    pub id: String,
    /// Who wrote.
    pub from: Address,
    /// What.
    pub text: String,
    /// When it was received.
    pub at: Timestamp,
    /// What it means.
    pub means: Reply,
}

impl Received {
    /// What it stops.
    #[must_use]
    pub fn stop(&self) -> Option<Stop> {
        let reason = match self.means {
            Reply::Stop => StopReason::Stop,
            Reply::Refused => StopReason::Refused,
            Reply::Help | Reply::Other => return None,
        };
        let stopped = Stopped { reason, since: self.at };
        Some(Stop { address: self.from.clone(), stopped, source: Some(self.id.clone()) })
    }
}

/// Words that revoke wherever they stand as a sentence.
const STOP: [&[&str]; 8] = [
    &["stop"],
    &["stopall"],
    &["stop", "all"],
    &["unsubscribe"],
    &["opt", "out"],
    &["optout"],
    &["opt-out"],
    &["arret"],
];
/// Words that revoke where the text begins with them; later on they may be about something else.
const STOP_FIRST: [&[&str]; 5] = [&["quit"], &["end"], &["revoke"], &["cancel"], &["cancel", "all"]];
const HELP: [&[&str]; 3] = [&["help"], &["info"], &["help", "me"]];
/// Said with such a word without changing it.
const COURTESIES: [&str; 18] = [
    "please",
    "pls",
    "plz",
    "plss",
    "thanks",
    "thank",
    "you",
    "thx",
    "ty",
    "now",
    "ok",
    "okay",
    "just",
    "hi",
    "hello",
    "sorry",
    "yes",
    "immediately",
];
/// Refusals as they stand.
const PHRASES: [&str; 31] = [
    "leave me alone",
    "leave us alone",
    "leave me be",
    "lose my number",
    "lose this number",
    "delete my number",
    "delete this number",
    "remove me",
    "remove my number",
    "remove this number",
    "remove my phone",
    "take me off",
    "take my number off",
    "opt me out",
    "want to opt out",
    "like to opt out",
    "wish to opt out",
    "want out of these texts",
    "unsubscribe me",
    "want to unsubscribe",
    "i unsubscribe",
    "how do i unsubscribe",
    "i revoke",
    "revoke consent",
    "revoke my consent",
    "withdraw consent",
    "withdraw my consent",
    "i do not consent",
    "dont want to hear from you",
    "do not want to hear from you",
    "get lost",
];
/// What is refused.
const MESSAGES: [&str; 13] = [
    "text",
    "texts",
    "txt",
    "txts",
    "message",
    "messages",
    "msg",
    "msgs",
    "sms",
    "contact",
    "reminders",
    "notifications",
    "calls",
];
/// Between what refuses and what is refused.
const BETWEEN: [&str; 12] =
    ["me", "us", "any", "more", "these", "those", "the", "your", "all", "of", "further", "such"];
/// What someone does who writes.
const DOING: [&str; 9] =
    ["texting", "messaging", "contacting", "calling", "bothering", "harassing", "spamming", "pestering", "txting"];
const DO: [&str; 8] = ["text", "txt", "message", "msg", "contact", "call", "bother", "write"];
/// Whom.
const WHOM: [&str; 8] = ["me", "us", "my", "this", "again", "anymore", "ever", "here"];
/// Before these, it is told what happened and not what is wanted.
const TOLD: [&str; 16] = [
    "got", "received", "get", "getting", "had", "have", "see", "saw", "were", "are", "was", "did", "didnt", "why",
    "when", "if",
];
/// These ask for another time and not for an end: a person has to read them.
const ANOTHER_TIME: [&str; 12] = [
    "after", "before", "until", "till", "today", "tomorrow", "tonight", "work", "later", "weekend", "morning", "during",
];

impl Reply {
    /// Reads a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let sentences = sentences(text);
        let says = |known: &[&[&str]], sentence: &[String]| is_one_of(known, sentence);
        let stops = sentences.iter().any(|sentence| says(&STOP, sentence));
        if stops || sentences.first().is_some_and(|first| says(&STOP_FIRST, first)) {
            return Self::Stop;
        }
        if sentences.iter().any(|sentence| refuses(sentence)) {
            return Self::Refused;
        }
        match sentences.as_slice() {
            [only] if says(&HELP, only) => Self::Help,
            _ => Self::Other,
        }
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Refused => "refused",
            Self::Help => "help",
            Self::Other => "other",
        }
    }
}

/// The words of each sentence, in small letters and without marks.
fn sentences(text: &str) -> Vec<Vec<String>> {
    let ends = |c: char| ".!?,;:\n\r".contains(c);
    let word = |word: &str| {
        let letters = word.chars().filter(|c| c.is_alphanumeric() || *c == '-').flat_map(char::to_lowercase);
        letters.map(plain).collect::<String>().trim_matches('-').to_owned()
    };
    let words = |sentence: &str| -> Vec<String> {
        sentence.split_whitespace().map(word).filter(|word| !word.is_empty()).collect()
    };
    text.split(ends).map(words).filter(|sentence| !sentence.is_empty()).collect()
}

fn plain(letter: char) -> char {
    match letter {
        'ê' | 'é' | 'è' => 'e',
        other => other,
    }
}

/// Whether a sentence is one of these, said once or more, and nothing else but courtesies.
fn is_one_of(known: &[&[&str]], sentence: &[String]) -> bool {
    let mut said: Vec<&str> = sentence.iter().map(String::as_str).collect();
    if known.contains(&said.as_slice()) {
        return true;
    }
    said.retain(|word| !COURTESIES.contains(word));
    let repeats = |one: &[&str]| !said.is_empty() && said.chunks(one.len().max(1)).all(|part| part == one);
    known.iter().any(|one| repeats(one))
}

fn refuses(sentence: &[String]) -> bool {
    let words: Vec<&str> = sentence.iter().map(String::as_str).filter(|word| !COURTESIES.contains(word)).collect();
    let text = words.join(" ");
    let is_phrase = |phrase: &&str| format!(" {text} ").contains(&format!(" {phrase} "));
    let times = words.iter().any(|word| ANOTHER_TIME.contains(word));
    if PHRASES.iter().any(is_phrase) || text == "wrong number" || text == "go away" {
        return true;
    }
    let told = |before: &[&str]| before.iter().rev().take(2).any(|word| TOLD.contains(word));
    let starts = (0..words.len()).filter_map(|at| words.split_at_checked(at));
    !times && starts.into_iter().any(|(before, from)| !told(before) && asks_to_end(from))
}

/// Whether words begin with a plea for no more messages.
fn asks_to_end(words: &[&str]) -> bool {
    match words {
        ["stop" | "quit" | "cease", rest @ ..] => stops(rest),
        ["end" | "cancel", rest @ ..] | ["no", "more" | "further", rest @ ..] => is_messages(rest, &["texting"]),
        ["do", "not", rest @ ..] | ["dont" | "never", rest @ ..] => forbids(rest),
        _ => false,
    }
}

/// What follows `stop`.
fn stops(rest: &[&str]) -> bool {
    match rest {
        ["it" | "this" | "that"] | ["this" | "that", "now"] => true,
        ["sending", rest @ ..] => {
            rest.is_empty() || WHOM.contains(&rest.first().copied().unwrap_or_default()) || is_messages(rest, &[])
        }
        [doing, ..] if DOING.contains(doing) => true,
        rest => is_messages(rest, &[]),
    }
}

/// What follows `do not`.
fn forbids(rest: &[&str]) -> bool {
    match rest {
        ["send", rest @ ..] => is_messages(rest, &["anything", "anymore"]),
        ["want" | "need" | "wish", "to", "receive" | "get", rest @ ..] | ["want" | "need" | "wish", rest @ ..] => {
            is_messages(rest, &["texting"])
        }
        [one, whom @ ..] if DO.contains(one) => whom.first().is_none_or(|whom| WHOM.contains(whom)),
        _ => false,
    }
}

/// Whether words say `any more of these messages`.
fn is_messages(words: &[&str], also: &[&str]) -> bool {
    let what = words.iter().find(|word| !BETWEEN.contains(word));
    what.is_some_and(|what| MESSAGES.contains(what) || also.contains(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_revoke_do_so_in_any_dress() {
        for text in [
            "STOP",
            "stop",
            " Stop. ",
            "sToP!!!",
            "\"STOP\"",
            "stop please",
            "Please stop",
            "pls STOP now",
            "STOP STOP STOP",
            "StopAll",
            "STOP ALL",
            "quit",
            "QUIT.",
            "end",
            "End!",
            "revoke",
            "opt out",
            "Opt-Out",
            "OPTOUT",
            "cancel",
            "Cancel please",
            "unsubscribe",
            "UNSUBSCRIBE thanks",
            "Stop. I already paid",
            "I paid. STOP",
            "ok, stop",
            "Arrêt",
            "stop\nsent from my phone",
        ] {
            assert_eq!(Reply::of(text), Reply::Stop, "{text}");
        }
    }

    #[test]
    fn refusals_in_ones_own_words_are_understood() {
        for text in [
            "pls leave me alone no more texts",
            "Leave me alone!",
            "no more texts",
            "No more messages please",
            "stop texting me",
            "Stop it",
            "Please stop sending me these messages",
            "stop contacting me about this",
            "quit harassing me",
            "don't text me",
            "Don’t text me again",
            "do not contact me",
            "DO NOT CONTACT THIS NUMBER",
            "never message me again",
            "dont message",
            "I do not want any more texts",
            "i dont want your messages",
            "I don't want to receive these texts",
            "take me off your list",
            "remove me from your list",
            "Remove this number",
            "lose my number",
            "wrong number",
            "unsubscribe me",
            "how do I unsubscribe?",
            "I would like to opt out",
            "i revoke my consent",
            "I withdraw my consent",
            "stop all messages",
            "stop the texts",
            "cancel these texts",
            "end all messages",
            "can you stop texting me",
            "I want you to stop contacting me",
            "don't send me any more texts",
            "I do not consent to this",
            "go away",
            "Who is this? Do not text me.",
        ] {
            assert_eq!(Reply::of(text), Reply::Refused, "{text}");
        }
    }

    #[test]
    fn what_only_sounds_like_it_is_for_a_person_to_read() {
        for text in [
            "I stopped by the office",
            "I will stop by the office tomorrow",
            "Stop by my office",
            "the bus stop is near",
            "I'll pay at the end of the month",
            "end of the month",
            "by the end of the week",
            "Can I cancel my order?",
            "cancel my subscription",
            "I cancelled the direct debit",
            "please cancel the late fee",
            "cancel the invoice",
            "did you stop sending invoices by mail?",
            "why did you stop texting me the balance",
            "I got no more texts from you",
            "I have received no more messages",
            "I did not get the message",
            "I didn't get your text",
            "I do not have the text",
            "I do not understand the message",
            "I don't text and drive",
            "don't call me after 6pm",
            "do not contact me at work",
            "please text me tomorrow",
            "text me the link",
            "can you remove the late fee",
            "I quit my job, can I pay later?",
            "my job will end",
            "who is this?",
            "yes",
            "ok",
            "START",
            "I will never pay",
            "I can't stop my standing order",
            "payment will not stop",
            "I don't want to pay",
            "I do not need help",
            "non-stop problems with your product",
            "",
            "👍",
            "is this the wrong number to call for invoice 12",
        ] {
            assert_eq!(Reply::of(text), Reply::Other, "{text}");
        }
    }

    #[test]
    fn who_asks_for_help_gets_it() {
        for text in ["HELP", "help", "Help!", "help please", "INFO", "help me"] {
            assert_eq!(Reply::of(text), Reply::Help, "{text}");
        }
        for text in ["can you help me pay", "help, stop"] {
            assert_ne!(Reply::of(text), Reply::Help, "{text}");
        }
    }
}
