//! What providers say of a message after it has left. They say it at least once, in any order, and some of it never: so
//! what was said is joined, and what follows from it hangs on the whole.

use std::collections::BTreeSet;

use jiff::Timestamp;

/// One thing that is said of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// The provider took it.
    Sent,
    /// The other side took it.
    Delivered,
    /// It is late, and still tried.
    Delayed,
    /// It cannot be delivered, now or ever.
    BouncedHard,
    /// It could not be delivered this time, and is not tried again.
    BouncedSoftly,
    /// Its reader called it spam.
    Complained,
    /// It was opened, or a machine fetched its picture.
    Opened,
    /// A link in it was followed.
    Clicked,
    /// The provider took it and then would not send it: a virus, or a template that failed.
    Rejected,
}

impl Word {
    /// Every word.
    pub const ALL: [Self; 9] = [
        Self::Sent,
        Self::Delivered,
        Self::Delayed,
        Self::BouncedHard,
        Self::BouncedSoftly,
        Self::Complained,
        Self::Opened,
        Self::Clicked,
        Self::Rejected,
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Delayed => "delayed",
            Self::BouncedHard => "bounced_hard",
            Self::BouncedSoftly => "bounced_softly",
            Self::Complained => "complained",
            Self::Opened => "opened",
            Self::Clicked => "clicked",
            Self::Rejected => "rejected",
        }
    }

    /// Reads what [`Word::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|word| word.as_str() == value)
    }

    /// Whether others are told of it: the rest is only kept.
    #[must_use]
    pub fn is_told(self) -> bool {
        match self {
            Self::Delivered | Self::BouncedHard | Self::BouncedSoftly | Self::Complained | Self::Rejected => true,
            Self::Sent | Self::Delayed | Self::Opened | Self::Clicked => false,
        }
    }
}

/// All that was said of one message, each with the earliest time at which it was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Feedback(std::collections::BTreeMap<Word, Timestamp>);

impl Feedback {
    /// Takes a word in; whether that is news. Joining is commutative, associative and idempotent.
    pub fn join(&mut self, word: Word, at: Timestamp) -> bool {
        let known = self.0.get(&word).copied();
        let earliest = known.map_or(at, |known| known.min(at));
        self.0.insert(word, earliest) != Some(earliest)
    }

    /// When it was said first.
    #[must_use]
    pub fn said(&self, word: Word) -> Option<Timestamp> {
        self.0.get(&word).copied()
    }

    /// Everything that was said.
    pub fn words(&self) -> impl Iterator<Item = (Word, Timestamp)> {
        self.0.iter().map(|(word, at)| (*word, *at))
    }

    /// What is in this and not in `before`.
    #[must_use]
    pub fn beyond(&self, before: &Self) -> BTreeSet<Word> {
        self.0.keys().copied().filter(|word| before.said(*word).is_none()).collect()
    }

    /// Whether it is proven that the provider took the message: it says nothing of one that it never had.
    #[must_use]
    pub fn proves_sent(&self) -> bool {
        !self.0.is_empty()
    }
}

impl FromIterator<(Word, Timestamp)> for Feedback {
    fn from_iter<I: IntoIterator<Item = (Word, Timestamp)>>(words: I) -> Self {
        words.into_iter().fold(Self::default(), |mut all, (word, at)| {
            all.join(word, at);
            all
        })
    }
}
