//! Reads the text form of a conversation.

use super::{Exchange, Group};

/// The encoded target of `/LM/W3SVC/2/ROOT` up to the session id, as captured traffic has it.
const APP: &str = "%2fLM%2fW3SVC%2f2%2fROOT(oXvpnxcuEWqKAgOETha32JavYZ6eCqrpTN5%2fHxWS854%3d)%2f";

pub(super) fn group(name: &'static str, text: &str) -> Group {
    let mut group = Group { name, title: String::new(), exchanges: Vec::new() };
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(title) = line.strip_prefix("# ") {
            title.clone_into(&mut group.title);
        } else if line.starts_with('V') {
            let (id, title) = line.split_once(' ').unwrap_or((line, ""));
            group.exchanges.push(Exchange {
                id: id.to_owned(),
                title: title.to_owned(),
                ..Exchange::default()
            });
        } else {
            let exchange = group.exchanges.last_mut().expect("an id such as V01 precedes the first line");
            take(exchange, line)
                .unwrap_or_else(|| panic!("{name}.txt, {}: cannot read {line:?}", exchange.id));
        }
    }
    group
}

fn take(exchange: &mut Exchange, line: &str) -> Option<()> {
    match line {
        ">close" => exchange.client_closes = true,
        "<close" => exchange.server_closes = true,
        _ => match line.split_at_checked(1)? {
            (">", text) => exchange.sends.extend(unescaped(&sent(text)?)?),
            ("<", text) => expect(exchange, &sent(text)?)?,
            ("+", seconds) => exchange.advance_secs = seconds.parse().ok()?,
            _ => line.strip_prefix("from ")?.clone_into(&mut exchange.source),
        },
    }
    Some(())
}

/// What follows `>` or `<`, with the line end that the notation leaves out.
fn sent(text: &str) -> Option<String> {
    let sent = match text.strip_prefix("| ") {
        Some(bare) => bare.to_owned(),
        None if text.is_empty() => "\\r\\n".to_owned(),
        None => text.strip_prefix(' ')?.to_owned() + "\\r\\n",
    };
    Some(sent.replace("{app}", APP))
}

fn expect(exchange: &mut Exchange, text: &str) -> Option<()> {
    let (start, rest) = text.split_once('{').unwrap_or((text, ""));
    exchange.answer.push_bytes(&unescaped(start)?);
    if let Some(rest) = rest.strip_prefix("LOCKDATE}") {
        exchange.answer.push_digits(18, 18);
        exchange.answer.push_bytes(&unescaped(rest)?);
    } else if let Some(rest) = rest.strip_prefix("LOCKAGE}") {
        exchange.answer.push_digits(1, 10);
        exchange.answer.push_bytes(&unescaped(rest)?);
    } else if !rest.is_empty() {
        return None;
    }
    Some(())
}

fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        let (byte, tail) = match (byte, tail) {
            (b'\\', [b'r', tail @ ..]) => (b'\r', tail),
            (b'\\', [b'n', tail @ ..]) => (b'\n', tail),
            (b'\\', [b'\\', tail @ ..]) => (b'\\', tail),
            (b'\\', [b'x', digits @ ..]) => {
                let (hex, tail) = digits.split_at_checked(2)?;
                (u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?, tail)
            }
            (b'\\', _) => return None,
            (byte, tail) => (*byte, tail),
        };
        bytes.push(byte);
        rest = tail;
    }
    Some(bytes)
}
