//! `locks` and `top`: what all nodes list, as one list.

use std::cmp::Reverse;

use cloakroom_ring::Ring;
use hyper::{Method, StatusCode};
use serde::Serialize;
use serde_json::json;

use crate::admin::{AdminPort, Asker};
use crate::args::{Form, Shown};
use crate::each::each;
use crate::end::End;
use crate::page::{Page, Row};
use crate::reach::Reach;
use crate::table::table;

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Lock,
    Size,
}

/// A session, and where it is.
#[derive(Debug, Serialize)]
struct Placed {
    node: String,
    #[serde(flatten)]
    row: Row,
}

/// What came of asking one node.
#[derive(Debug)]
struct Asked {
    node: String,
    page: anyhow::Result<(AdminPort, Page)>,
}

pub(crate) async fn list(by: By, limit: u16, shown: Shown, reach: &mut Reach) -> anyhow::Result<End> {
    let (admins, asker) = (reach.admins().await?, reach.asker()?);
    let page = if by == By::Lock { "locked" } else { "largest" };
    let target = format!("/sessions/{page}?limit={limit}&ids={}", shown.show_ids);
    let asked = each(admins, |(node, port)| {
        let (asker, target) = (asker.clone(), target.clone());
        async move {
            let page = match port {
                Ok(port) => ask(&asker, &port, &target).await.map(|page| (port, page)),
                Err(error) => Err(error),
            };
            Asked { node, page }
        }
    })
    .await;
    let sessions = merged(by, usize::from(limit), &asked);
    let members = members(&asker, &asked).await;
    match shown.output.output {
        Form::Text => print(by, &asked, &sessions),
        Form::Json => {
            let nodes: Vec<_> = asked.iter().map(Asked::json).collect();
            println!("{}", json!({"nodes": nodes, "members": members, "sessions": sessions}));
        }
    }
    let unasked = members.unwrap_or_default().saturating_sub(asked.len());
    if unasked > 0 {
        eprintln!(
            "the cluster has {unasked} more nodes, which are not ready or were not named with --admin: what they have is \
             missing here"
        );
    }
    let complete = unasked == 0 && asked.iter().all(|asked| asked.page.is_ok());
    Ok(if complete { End::Done } else { End::Incomplete })
}

/// How many nodes the cluster has, if one of them says so; a node that is alone does not.
async fn members(asker: &Asker, asked: &[Asked]) -> Option<usize> {
    let (port, _) = asked.iter().find_map(|asked| asked.page.as_ref().ok())?;
    let answer = asker.ask(port, &Method::GET, "/ring", "").await.ok()?;
    Some(Ring::from_json(&answer.body).ok()?.members.len())
}

async fn ask(asker: &Asker, port: &AdminPort, target: &str) -> anyhow::Result<Page> {
    let answer = asker.ask(port, &Method::GET, target, "").await?;
    if answer.status != StatusCode::OK {
        return Err(answer.refusal());
    }
    serde_json::from_str(&answer.body).map_err(|error| anyhow::anyhow!("its list cannot be read: {error}"))
}

/// The first `limit` of all.
fn merged(by: By, limit: usize, asked: &[Asked]) -> Vec<Placed> {
    let pages = asked.iter().filter_map(|asked| Some((&asked.node, &asked.page.as_ref().ok()?.1)));
    let rows = pages.flat_map(|(node, page)| page.sessions.iter().map(move |row| (node, row)));
    let mut placed: Vec<_> =
        rows.map(|(node, row)| Placed { node: node.clone(), row: row.clone() }).collect();
    placed.sort_by_key(|placed| {
        Reverse(match by {
            By::Lock => placed.row.lock.as_ref().map_or(0, |lock| lock.age_seconds),
            By::Size => placed.row.bytes,
        })
    });
    placed.truncate(limit);
    placed
}

fn print(by: By, asked: &[Asked], sessions: &[Placed]) {
    let total: u64 = asked.iter().filter_map(|asked| Some(asked.page.as_ref().ok()?.1.total)).sum();
    if !sessions.is_empty() {
        println!("{}", table(&HEAD, sessions.iter().map(Placed::cells)));
    }
    match by {
        By::Lock => println!("{} of {total} locked sessions", sessions.len()),
        By::Size => println!("{} of {total} sessions", sessions.len()),
    }
    for Asked { node, page } in asked {
        match page {
            Ok((_, Page { partial: Some(why), .. })) => eprintln!("{node} cannot list all: {}", plain(why)),
            Ok(_) => {}
            Err(error) => eprintln!("{node} listed nothing: {error:#}"),
        }
    }
}

const HEAD: [&str; 7] = ["NODE", "LOCKED FOR", "COOKIE", "BYTES", "EXPIRES IN", "APPLICATION", "SESSION"];

impl Placed {
    fn cells(&self) -> [String; 7] {
        let Row { hash, app, id, bytes, remaining_seconds, lock, .. } = &self.row;
        let cookie = lock.as_ref().and_then(|lock| lock.cookie);
        [
            self.node.clone(),
            lock.as_ref().map_or_else(nothing, |lock| time(lock.age_seconds)),
            cookie.map_or_else(nothing, |cookie| cookie.to_string()),
            bytes.to_string(),
            time(*remaining_seconds),
            app.as_deref().map_or_else(nothing, plain),
            id.as_deref().map_or_else(|| format!("#{}", plain(hash)), plain),
        ]
    }
}

impl Asked {
    fn json(&self) -> serde_json::Value {
        match &self.page {
            Ok((_, page)) => json!({"node": self.node, "total": page.total, "partial": page.partial}),
            Err(error) => json!({"node": self.node, "problem": format!("{error:#}")}),
        }
    }
}

fn nothing() -> String {
    "-".to_owned()
}

/// `2m05s`; the seconds of hours do not matter.
fn time(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// What others chose, without what a terminal would act on.
fn plain(text: &str) -> String {
    text.chars()
        .flat_map(|letter| {
            let (kept, escaped) = if letter.is_control() {
                (None, Some(letter.escape_default()))
            } else {
                (Some(letter), None)
            };
            kept.into_iter().chain(escaped.into_iter().flatten())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{plain, time};

    #[test]
    fn times_are_short() {
        for (seconds, text) in
            [(0, "0s"), (59, "59s"), (60, "1m00s"), (3599, "59m59s"), (3600, "1h00m"), (90_061, "25h01m")]
        {
            assert_eq!(time(seconds), text);
        }
    }

    #[test]
    fn a_terminal_is_not_told_anything_by_a_session_id() {
        assert_eq!(plain("a\x1b[2Jb\n\u{9b}é"), "a\\u{1b}[2Jb\\n\\u{9b}é");
    }
}
