//! Tables for a terminal.

/// Rows under a header; the first columns are words, the rest are figures and stand to the right.
pub(crate) struct Table {
    words: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(words: usize, header: &[&str]) -> Self {
        Self { words, rows: vec![header.iter().map(|cell| (*cell).to_owned()).collect()] }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The lines, each with the same two blanks before it.
    pub(crate) fn text(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
                if column < self.words { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            });
            format!("  {}", cells.collect::<Vec<_>>().join("  ")).trim_end().to_owned()
        };
        self.rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// `1234567.80` as `1,234,567.80`.
pub(crate) fn grouped(amount: &str) -> String {
    let (sign, digits) = amount.strip_prefix('-').map_or(("", amount), |digits| ("-", digits));
    let (whole, rest) = digits.find('.').map_or((digits, ""), |point| digits.split_at(point));
    let mut groups: Vec<&str> = Vec::new();
    let mut left = whole;
    while left.len() > 3 {
        let (front, group) = left.split_at(left.len() - 3);
        groups.push(group);
        left = front;
    }
    groups.push(left);
    groups.reverse();
    format!("{sign}{}{rest}", groups.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_to_the_left_and_figures_to_the_right() {
        let mut table = Table::new(1, &["currency", "open"]);
        table.row(vec!["GBP".into(), "1.00".into()]);
        table.row(vec!["EUR".into(), "1,000.00".into()]);
        assert_eq!(table.text(), "  currency      open\n  GBP           1.00\n  EUR       1,000.00");
    }

    #[test]
    fn thousands_are_grouped() {
        let found = ["0.00", "999.99", "1000", "-1234567.80"].map(grouped);
        assert_eq!(found, ["0.00", "999.99", "1,000", "-1,234,567.80"]);
    }
}
