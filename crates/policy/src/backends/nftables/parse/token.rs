//! nftables text to words with their places.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A word, number or address.
    Word,
    /// Text between quotation marks, without them.
    Text,
    /// One of `{ } ; , = ! < >`, or the end of a line.
    Mark,
}

/// A token and where it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: TokenKind,
    pub(super) text: &'t str,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Cuts a text into tokens. Comments are passed over.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    for (at, line) in text.split_inclusive('\n').enumerate() {
        line_tokens(line, at + 1, &mut out);
    }
    out
}

fn line_tokens<'t>(line: &'t str, number: usize, out: &mut Vec<Token<'t>>) {
    let mut rest = line;
    let mut column = 1;
    while let Some(first) = rest.chars().next() {
        let (kind, skip, length) = match first {
            '#' => {
                // A comment runs to the end of the line, which still counts.
                if line.ends_with('\n') {
                    out.push(Token {
                        kind: TokenKind::Mark,
                        text: "\n",
                        line: number,
                        column,
                    });
                }
                return;
            }
            '"' => {
                let body = rest.get(1..).unwrap_or_default();
                (Some(TokenKind::Text), 1, body.find('"').unwrap_or(body.len()))
            }
            '\n' | '{' | '}' | ';' | ',' | '=' | '!' | '<' | '>' => (Some(TokenKind::Mark), 0, 1),
            c if c.is_whitespace() => (None, 0, c.len_utf8()),
            _ => {
                let ends = |c: char| c.is_whitespace() || "{};,=!<>\"#".contains(c);
                (Some(TokenKind::Word), 0, rest.find(ends).unwrap_or(rest.len()))
            }
        };
        let end = skip + length;
        if let (Some(kind), Some(text)) = (kind, rest.get(skip..end)) {
            out.push(Token {
                kind,
                text,
                line: number,
                column,
            });
        }
        // The closing quotation mark goes with its text.
        let end = (end + skip).min(rest.len());
        column += rest.get(..end).map_or(0, |passed| passed.chars().count());
        rest = rest.get(end..).unwrap_or_default();
    }
}
