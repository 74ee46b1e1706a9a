//! A CSV file as rows, read as a stream. A row that cannot be read is one complaint, and the next row is read as if it
//! had not been there: a quote that is never closed costs its own line, not the rest of the file.

use std::collections::VecDeque;

use csv::{ByteRecord, ReaderBuilder};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

/// A row may span lines where a field is quoted, up to this many bytes.
const ROW_BYTES_MAX: usize = 16 * 1024;

/// A row of the file, as fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// The line that it begins on, counted from 1.
    pub(crate) line: u64,
    /// Its fields, or why it has none.
    pub(crate) fields: Result<Vec<String>, BadRow>,
}

/// Why a row has no fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadRow {
    /// The place of the field at fault, counted from 0, if it is one field.
    pub(crate) column: Option<usize>,
    /// What is wrong.
    pub(crate) reason: String,
}

/// A line with its end, cut where it is longer than any row may be.
#[derive(Debug, Default)]
struct Line {
    text: Vec<u8>,
    /// How many bytes of the file it is.
    bytes: u64,
}

/// Where reading stands: everything before it has been handed out as rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// Bytes.
    pub(crate) offset: u64,
    /// Lines.
    pub(crate) line: u64,
    /// What separates fields.
    pub(crate) delimiter: u8,
}

impl Position {
    /// Nothing has been read.
    pub(crate) const START: Self = Self { offset: 0, line: 0, delimiter: b',' };
}

/// Reads rows.
pub(crate) struct Rows<R> {
    input: R,
    /// Lines that were read ahead for a quoted field that never ended.
    ahead: VecDeque<Line>,
    position: Position,
}

impl<R: AsyncBufRead + Unpin> Rows<R> {
    /// Rows of `input`, which begins at `position` in its file.
    pub(crate) fn new(input: R, position: Position) -> Self {
        Self { input, ahead: VecDeque::new(), position }
    }

    /// Where reading stands.
    pub(crate) fn position(&self) -> Position {
        self.position
    }

    /// The first row, as the names of the columns. A byte-order mark is dropped; a file that separates by semicolons
    /// says so here.
    pub(crate) async fn header(&mut self) -> std::io::Result<Vec<String>> {
        let Some(Line { text: mut first, .. }) = self.next_line().await? else { return Ok(Vec::new()) };
        if first.starts_with(b"\xef\xbb\xbf") {
            first.drain(..3);
        }
        if first.contains(&b';') && !first.contains(&b',') {
            self.position.delimiter = b';';
        }
        let names = self.fields(&first).unwrap_or_default();
        Ok(names.into_iter().map(|name| name.trim().to_owned()).collect())
    }

    /// The next row that is not blank.
    pub(crate) async fn next(&mut self) -> std::io::Result<Option<Row>> {
        loop {
            let Some(first) = self.next_line().await? else { return Ok(None) };
            let line = self.position.line;
            if first.text.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let fields = match self.whole_row(first).await? {
                Some(row) => self.fields(&row),
                None => Err(BadRow { column: None, reason: "a quote is opened and never closed".to_owned() }),
            };
            return Ok(Some(Row { line, fields }));
        }
    }

    /// Adds lines until every quote is closed; `None` where that does not happen, and the lines are read again.
    async fn whole_row(&mut self, first: Line) -> std::io::Result<Option<Vec<u8>>> {
        let mut row = first.text;
        let mut taken: Vec<Line> = Vec::new();
        let mut quotes = quotes_in(&row);
        while quotes % 2 == 1 {
            match self.next_line().await? {
                Some(line) if row.len().saturating_add(line.text.len()) <= ROW_BYTES_MAX => {
                    row.extend_from_slice(&line.text);
                    quotes = quotes.saturating_add(quotes_in(&line.text));
                    taken.push(line);
                }
                last => {
                    taken.extend(last);
                    for line in taken.into_iter().rev() {
                        self.position.line = self.position.line.saturating_sub(1);
                        self.position.offset = self.position.offset.saturating_sub(line.bytes);
                        self.ahead.push_front(line);
                    }
                    return Ok(None);
                }
            }
        }
        Ok(Some(row))
    }

    async fn next_line(&mut self) -> std::io::Result<Option<Line>> {
        let line = match self.ahead.pop_front() {
            Some(line) => line,
            None => read_line(&mut self.input).await?,
        };
        if line.bytes == 0 {
            return Ok(None);
        }
        self.position.line = self.position.line.saturating_add(1);
        self.position.offset = self.position.offset.saturating_add(line.bytes);
        Ok(Some(line))
    }

    fn fields(&self, row: &[u8]) -> Result<Vec<String>, BadRow> {
        if row.len() > ROW_BYTES_MAX {
            let reason = format!("the row is longer than {ROW_BYTES_MAX} bytes");
            return Err(BadRow { column: None, reason });
        }
        let end = row.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last.saturating_add(1));
        let plain = row.get(..end).unwrap_or_default();
        // Most rows quote nothing, and a reader of its own for each row would cost more than all the rest.
        if !plain.iter().any(|byte| matches!(byte, b'"' | b'\r' | b'\n')) {
            return plain.split(|byte| *byte == self.position.delimiter).enumerate().map(text).collect();
        }
        let mut record = ByteRecord::new();
        let mut reader =
            ReaderBuilder::new().has_headers(false).flexible(true).delimiter(self.position.delimiter).from_reader(row);
        reader.read_byte_record(&mut record).map_err(|error| BadRow { column: None, reason: error.to_string() })?;
        record.iter().enumerate().map(text).collect()
    }
}

fn text((column, field): (usize, &[u8])) -> Result<String, BadRow> {
    std::str::from_utf8(field)
        .map(str::to_owned)
        .map_err(|_| BadRow { column: Some(column), reason: "is not UTF-8: save the file as CSV UTF-8".to_owned() })
}

fn quotes_in(line: &[u8]) -> usize {
    line.iter().filter(|byte| **byte == b'"').count()
}

/// Reads up to and with the next line feed; of a longer line than a row may be, the rest is dropped.
async fn read_line(input: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Line> {
    let mut line = Line::default();
    loop {
        let available = input.fill_buf().await?;
        if available.is_empty() {
            return Ok(line);
        }
        let end = available.iter().position(|byte| *byte == b'\n').map(|at| at.saturating_add(1));
        let taken = end.unwrap_or(available.len());
        let room = ROW_BYTES_MAX.saturating_add(1).saturating_sub(line.text.len());
        line.text.extend_from_slice(available.get(..taken.min(room)).unwrap_or_default());
        line.bytes = line.bytes.saturating_add(u64::try_from(taken).unwrap_or(u64::MAX));
        input.consume(taken);
        if end.is_some() {
            return Ok(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn rows(text: &[u8]) -> (Vec<String>, Vec<Row>) {
        let mut rows = Rows::new(text, Position::START);
        let header = rows.header().await.unwrap();
        let mut all = Vec::new();
        while let Some(row) = rows.next().await.unwrap() {
            all.push(row);
        }
        (header, all)
    }

    fn good(line: u64, fields: &[&str]) -> Row {
        Row { line, fields: Ok(fields.iter().map(|field| (*field).to_owned()).collect()) }
    }

    #[tokio::test]
    async fn marks_line_ends_quotes_and_blank_lines_are_read() {
        let (header, all) = rows(b"\xef\xbb\xbfa,b\r\n1,\"x, \"\"y\"\"\"\r\n\r\n2,\"two\nlines\"\n3,last").await;
        assert_eq!(header, ["a", "b"]);
        assert_eq!(all, [good(2, &["1", "x, \"y\""]), good(4, &["2", "two\nlines"]), good(6, &["3", "last"])]);
    }

    #[tokio::test]
    async fn a_quote_that_is_never_closed_costs_its_own_line() {
        let (_, all) = rows(b"a,b\n1,\"open\n2,fine\n3,fine\n").await;
        assert!(all[0].fields.is_err());
        assert_eq!(all[1..], [good(3, &["2", "fine"]), good(4, &["3", "fine"])]);
    }

    #[tokio::test]
    async fn another_encoding_names_its_column() {
        let (_, all) = rows(b"a,b\n1,M\xfcller\n2,ok\n").await;
        assert_eq!(all[0].fields.as_ref().unwrap_err().column, Some(1));
        assert_eq!(all[1], good(3, &["2", "ok"]));
    }

    #[tokio::test]
    async fn semicolons_separate_where_the_header_has_them() {
        let (header, all) = rows(b"a;b\n1;2,5\n").await;
        assert_eq!(header, ["a", "b"]);
        assert_eq!(all, [good(2, &["1", "2,5"])]);
    }

    #[tokio::test]
    async fn reading_can_go_on_from_any_row() {
        let text = b"\xef\xbb\xbfa;b\r\n1;\"x\ny\"\r\n\r\n2;\"open\n3;\xff\n4;last".as_slice();
        let mut rows = Rows::new(text, Position::START);
        rows.header().await.unwrap();
        let (mut positions, mut all) = (vec![rows.position()], Vec::new());
        while let Some(row) = rows.next().await.unwrap() {
            all.push(row);
            positions.push(rows.position());
        }
        assert_eq!(all.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 5, 6, 7]);
        for (index, position) in positions.into_iter().enumerate() {
            let mut rest = Rows::new(&text[usize::try_from(position.offset).unwrap()..], position);
            for row in &all[index..] {
                assert_eq!(rest.next().await.unwrap().as_ref(), Some(row), "from row {index}");
            }
            assert_eq!(rest.next().await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn an_endless_line_is_one_bad_row() {
        let mut text = b"a,b\n1,".to_vec();
        text.extend(vec![b'x'; ROW_BYTES_MAX * 3]);
        text.extend(b"\n2,ok\n");
        let (_, all) = rows(&text).await;
        assert!(all[0].fields.is_err());
        assert_eq!(all[1], good(3, &["2", "ok"]));
    }
}
