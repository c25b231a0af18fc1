//! Rows of text in columns.

/// Every column as wide as its widest cell, two blanks between them, none at the end.
pub(crate) fn table<const N: usize>(head: &[&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut lines = vec![head.map(str::to_owned)];
    lines.extend(rows);
    let width =
        |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<_> = (0..N).map(width).collect();
    let text = lines.iter().map(|line| {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    text.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let rows = [
            ["a".to_owned(), "läng".to_owned(), "x".to_owned()],
            ["bcd".to_owned(), "k".to_owned(), String::new()],
        ];
        assert_eq!(table(&["A", "B", "C"], rows.into_iter()), "A    B     C\na    läng  x\nbcd  k");
    }
}
