//! Whether an export is what was recorded.

use std::io::BufRead;

use sha2::{Digest as _, Sha256};

use crate::chain::canonical;
use crate::export::{FORMAT, Header, Line, Seal};
use crate::{Anchors, Digest, Head, Record, Written};

/// What is wrong, and in which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {flaw}")]
pub struct Fault {
    /// The line, counted from 1.
    pub line: u64,
    /// What.
    pub flaw: Flaw,
}

/// What can be wrong with an export.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// A line is not the JSON that an export has there, or not written as an export writes it.
    #[error("this is not what an export has here: {0}")]
    Form(&'static str),
    /// A record's hash is not that of its content.
    #[error("the record was edited: its hash does not fit what it says")]
    Edited,
    /// A record does not follow the one before.
    #[error("a record is missing, inserted or moved: this is record {found}, and {expected} should follow")]
    OutOfOrder {
        /// What is here.
        found: u64,
        /// What should be.
        expected: u64,
    },
    /// A record names another predecessor.
    #[error("the chain is broken: the record names another one before it")]
    Broken,
    /// The debtor's state was changed outside of the log.
    #[error("the state before this record is not the state after the last: something was changed and not recorded")]
    ChangedOutside,
    /// A record is of someone else.
    #[error("the record is of another tenant or debtor than the file")]
    Foreign,
    /// What was written into the history is not what the record binds.
    #[error("the history items of record {0} were edited, removed or added")]
    History(u64),
    /// A part of the file does not follow the one before.
    #[error(
        "a part is missing, doubled or moved: this one follows record {found}, and one after {expected} should be here"
    )]
    Part {
        /// What it follows.
        found: u64,
        /// What it should.
        expected: u64,
    },
    /// The chain does not end where the file says.
    #[error("the log ends with record {found}, and the file says {expected}: records are missing at the end")]
    End {
        /// Where it ends.
        found: u64,
        /// Where it should.
        expected: u64,
    },
    /// The chain ends before an anchor.
    #[error("the log ends with record {found}, and on {day} it had {anchored}: it was cut off")]
    CutOff {
        /// Where it ends.
        found: u64,
        /// Where it ended then.
        anchored: u64,
        /// The anchor's day.
        day: String,
    },
    /// The file's own seal does not fit.
    #[error("the file was changed: this line does not fit those before it")]
    Seal,
    /// The chain does not go through an anchor.
    #[error("the log was written anew: it does not have the hash that was anchored on {day} for record {seq}")]
    Anchor {
        /// The anchor's day.
        day: String,
        /// The record.
        seq: u64,
    },
}

/// An export that is what was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The tenant.
    pub tenant: String,
    /// The debtor; none where it is the log of the tenant's own settings.
    pub debtor: Option<String>,
    /// Where the log ends.
    pub head: Head,
    /// How many history items it has.
    pub items: u64,
    /// How many anchors it met.
    pub anchors: u64,
}

/// Verifies an export, line by line, and that it meets the anchors that name it. Without anchors it is shown that
/// nothing was changed since the export was written, and that the log hangs together; with them, that it is the log of
/// their days.
///
/// # Errors
/// The first [`Fault`].
pub fn verify(input: impl BufRead, anchors: &Anchors) -> Result<Verified, Fault> {
    let mut lines = Lines { input, hasher: Sha256::new(), number: 0 };
    let mut walk = Walk::begin(lines.header()?, anchors).map_err(|flaw| lines.fault(flaw))?;
    loop {
        walk.part(&mut lines)?;
        if lines.at_end()? {
            return walk.end().map_err(|flaw| lines.fault(flaw));
        }
        let header = lines.header()?;
        walk.next_part(header).map_err(|flaw| lines.fault(flaw))?;
    }
}

struct Lines<R> {
    input: R,
    hasher: Sha256,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// The first line of a part; what is hashed begins with it.
    fn header(&mut self) -> Result<Header, Fault> {
        self.hasher = Sha256::new();
        let bytes = self.next()?;
        let form = |why| self.fault(Flaw::Form(why));
        let header: Header = serde_json::from_slice(&bytes).map_err(|_| form("a part begins with its header"))?;
        if header.format != FORMAT {
            return Err(form("the format is another than dunlin-audit/1"));
        }
        if canonical(&header) == bytes { Ok(header) } else { Err(form("the line is written otherwise")) }
    }

    /// A flaw in the line that was read last.
    fn fault(&self, flaw: Flaw) -> Fault {
        Fault { line: self.number, flaw }
    }

    /// The next line, without its end.
    fn next(&mut self) -> Result<Vec<u8>, Fault> {
        self.number = self.number.saturating_add(1);
        let mut bytes = Vec::new();
        let read = self.input.read_until(b'\n', &mut bytes);
        read.map_err(|error| self.fault(Flaw::Unreadable(error.to_string())))?;
        self.hasher.update(&bytes);
        if bytes.pop() == Some(b'\n') {
            Ok(bytes)
        } else {
            Err(self.fault(Flaw::Form("the file ends before its last line")))
        }
    }

    fn digest(&self) -> Digest {
        let bytes: [u8; 32] = self.hasher.clone().finalize().into();
        Digest::from(bytes)
    }

    fn at_end(&mut self) -> Result<bool, Fault> {
        let filled = self.input.fill_buf().map(<[u8]>::is_empty);
        filled.map_err(|error| self.fault(Flaw::Unreadable(error.to_string())))
    }
}

enum Parsed {
    Line(Line),
    Seal(Seal),
}

fn parse(bytes: &[u8]) -> Result<Parsed, Flaw> {
    if let Ok(seal) = serde_json::from_slice::<Seal>(bytes) {
        return if canonical(&seal) == bytes { Ok(Parsed::Seal(seal)) } else { Err(Flaw::Seal) };
    }
    let line: Line = serde_json::from_slice(bytes).map_err(|_| Flaw::Form("neither a record nor an item"))?;
    if canonical(&line) == bytes { Ok(Parsed::Line(line)) } else { Err(Flaw::Form("the line is written otherwise")) }
}

/// How far the chain has been followed.
struct Walk {
    /// That of the part that is being read.
    header: Header,
    anchored: Vec<(Head, String)>,
    last: Option<Record>,
    head: Head,
    /// What the last record of this part binds, until it was held against what it wrote.
    bound: Option<Digest>,
    /// What it wrote, as far as it was read.
    written: Vec<Written>,
    items: u64,
    met: u64,
}

impl Walk {
    fn begin(header: Header, anchors: &Anchors) -> Result<Self, Flaw> {
        let anchored = anchors.of(&header.tenant, header.debtor.as_deref());
        let (head, written) = (Head::EMPTY, Vec::new());
        follows(&header, head)?;
        Ok(Self { header, anchored, last: None, head, bound: None, written, items: 0, met: 0 })
    }

    fn next_part(&mut self, header: Header) -> Result<(), Flaw> {
        if (&header.tenant, &header.debtor) != (&self.header.tenant, &self.header.debtor) {
            return Err(Flaw::Foreign);
        }
        follows(&header, self.head)?;
        self.header = header;
        Ok(())
    }

    /// Reads a part to its end.
    fn part(&mut self, lines: &mut Lines<impl BufRead>) -> Result<(), Fault> {
        loop {
            let sealed = lines.digest();
            let bytes = lines.next()?;
            let done = match parse(&bytes) {
                Ok(Parsed::Line(line)) => self.step(line),
                Ok(Parsed::Seal(seal)) => return self.end_part(seal, sealed).map_err(|flaw| lines.fault(flaw)),
                Err(flaw) => Err(flaw),
            };
            done.map_err(|flaw| lines.fault(flaw))?;
        }
    }

    fn step(&mut self, line: Line) -> Result<(), Flaw> {
        match line {
            Line::Record(line) => self.record(line.record),
            Line::Written(_) if self.bound.is_none() => Err(Flaw::Form("an item without a record")),
            Line::Written(item) => {
                if self.written.last().is_some_and(|last| last.item >= item.item) {
                    return Err(Flaw::Form("items must go by their keys"));
                }
                self.written.push(item);
                self.items = self.items.saturating_add(1);
                Ok(())
            }
        }
    }

    fn record(&mut self, record: Record) -> Result<(), Flaw> {
        self.close()?;
        if (&record.tenant, &record.debtor) != (&self.header.tenant, &self.header.debtor) {
            return Err(Flaw::Foreign);
        }
        let expected = self.head.seq.saturating_add(1);
        if record.seq != expected {
            return Err(Flaw::OutOfOrder { found: record.seq, expected });
        }
        if record.computed_hash() != record.hash {
            return Err(Flaw::Edited);
        }
        if record.prev != self.head.hash {
            return Err(Flaw::Broken);
        }
        // A log may have been begun for someone who was there before.
        if self.last.as_ref().is_some_and(|last| last.shape == record.shape && last.after != record.before) {
            return Err(Flaw::ChangedOutside);
        }
        self.head = record.head();
        for (head, day) in self.anchored.iter().filter(|(head, _)| head.seq == self.head.seq) {
            if *head != self.head {
                return Err(Flaw::Anchor { day: day.clone(), seq: head.seq });
            }
            self.met = self.met.saturating_add(1);
        }
        self.bound = Some(record.written);
        self.last = Some(record);
        Ok(())
    }

    /// Holds what the last record wrote against what it binds.
    fn close(&mut self) -> Result<(), Flaw> {
        let written = std::mem::take(&mut self.written);
        match self.bound.take() {
            Some(bound) if Written::digest(&written) != bound => Err(Flaw::History(self.head.seq)),
            Some(_) | None => Ok(()),
        }
    }

    fn end_part(&mut self, seal: Seal, sealed: Digest) -> Result<(), Flaw> {
        self.close()?;
        if self.head != self.header.head {
            return Err(Flaw::End { found: self.head.seq, expected: self.header.head.seq });
        }
        if seal.sha256 == sealed { Ok(()) } else { Err(Flaw::Seal) }
    }

    fn end(self) -> Result<Verified, Flaw> {
        let found = self.head.seq;
        if self.head != self.header.log {
            return Err(Flaw::End { found, expected: self.header.log.seq });
        }
        if let Some((head, day)) = self.anchored.into_iter().find(|(head, _)| head.seq > found) {
            return Err(Flaw::CutOff { found, anchored: head.seq, day });
        }
        let Header { tenant, debtor, .. } = self.header;
        Ok(Verified { tenant, debtor, head: self.head, items: self.items, anchors: self.met })
    }
}

fn follows(header: &Header, end: Head) -> Result<(), Flaw> {
    if header.after == end { Ok(()) } else { Err(Flaw::Part { found: header.after.seq, expected: end.seq }) }
}
