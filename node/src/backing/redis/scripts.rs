//! The scripts that the engine runs. Each is one step for everybody else.
//!
//! The hash of a session has two fields: `h` is the header (`record.rs`), `b` the body. Marks are digits with leading
//! zeros and compared as text: the engine's numbers are floating point and would round them. The engine compares text
//! as its locale has it, and digits are in the same order in all of them.
//!
//! The first line says what the engine need not forbid: nothing that lets go of memory or only changes a header is
//! refused when it is full, so sessions can be locked, released and removed then. It makes Redis 7 the oldest that
//! serves.

use std::sync::LazyLock;

use redis::aio::ConnectionLike;
use redis::{Cmd, ErrorKind, RedisResult, ServerErrorKind, Value};

use super::record::What;

/// All of them.
pub(super) static SCRIPTS: LazyLock<Scripts> = LazyLock::new(Scripts::new);

/// `KEYS[1]` is the session's key. Answers nothing if there is none, else the stored epoch, header, body,
/// milliseconds left, and the engine's milliseconds.
const GIVE: &str = "
local kept = redis.call('HMGET', KEYS[1], 'h', 'b')
if not kept[1] then return false end
local stored = string.sub(kept[1], 1, 19)
";
const RAISE: &str = "
if ARGV[1] > stored then
  kept[1] = ARGV[1] .. string.sub(kept[1], 20)
  redis.call('HSET', KEYS[1], 'h', kept[1])
end
";
const GIVEN: &str = "
local now = redis.call('TIME')
return {stored, kept[1], kept[2], redis.call('PTTL', KEYS[1]), now[1] * 1000 + math.floor(now[2] / 1000)}
";

/// `ARGV[1]` is the expected mark, or nothing. Goes on if that is what is there; 1 if this very change was made, else
/// 0. `ARGV[2]` is the new mark and the attempt.
const SWAP: &str = "
local header = redis.call('HGET', KEYS[1], 'h')
if header then
  if string.sub(header, 1, 55) == ARGV[2] then return 1 end
  if string.sub(header, 1, 38) ~= ARGV[1] then return 0 end
elseif ARGV[1] ~= '' then
  return 0
end
";
/// `ARGV[1]` is the new mark. Goes on if that is newer than what is there; 1 if it is there, else the mark that is.
const PUT: &str = "
local header = redis.call('HGET', KEYS[1], 'h')
if header then
  local mark = string.sub(header, 1, 38)
  if mark == ARGV[1] then return 1 end
  if mark > ARGV[1] then return mark end
end
";

/// `ARGV[2]` and `ARGV[3]` are the header; `ARGV[4]` is how many milliseconds ago the lock was taken, or nothing.
const HEADER: &str = "
local new = ARGV[2] .. ' ' .. ARGV[3]
if ARGV[4] ~= '' then
  local now = redis.call('TIME')
  new = new .. string.format(' %.0f', now[1] * 1000 + math.floor(now[2] / 1000) - ARGV[4])
end
";
const WRITE_WHOLE: &str = "redis.call('HSET', KEYS[1], 'h', new, 'b', ARGV[6])";
const WRITE_HEADER: &str = "redis.call('HSET', KEYS[1], 'h', new)";
const WRITE_END: &str = "
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'h', new)
";
/// `ARGV[5]` is how many milliseconds it is kept.
const KEEP: &str = "
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
";

/// What a script is let do.
const READS: &str = "no-writes";
const WRITES: &str = "";
const WRITES_LITTLE: &str = "allow-oom";

/// One script.
pub(super) struct Script {
    code: String,
    /// By which the engine knows it again.
    hash: String,
}

/// Every script.
pub(super) struct Scripts {
    /// Answers as [`GIVE`] says.
    pub(super) read: Script,
    /// As `read`, and first raises the epoch to `ARGV[1]`.
    pub(super) claim: Script,
    /// Does nothing, and is refused by an engine that takes no writes.
    pub(super) probe: Script,
    swap: [Script; 3],
    put: [Script; 3],
}

impl Scripts {
    fn new() -> Self {
        let writing = |condition: &str| {
            [(WRITES, WRITE_WHOLE), (WRITES_LITTLE, WRITE_HEADER), (WRITES_LITTLE, WRITE_END)]
                .map(|(flags, write)| Script::new(flags, &[condition, HEADER, write, KEEP]))
        };
        Self {
            read: Script::new(READS, &[GIVE, GIVEN]),
            claim: Script::new(WRITES_LITTLE, &[GIVE, RAISE, GIVEN]),
            probe: Script::new(WRITES, &["return 1"]),
            swap: writing(SWAP),
            put: writing(PUT),
        }
    }

    /// Replaces exactly what is expected by `what`.
    pub(super) fn swap(&self, what: What) -> &Script {
        &self.swap[what as usize]
    }

    /// Replaces what is older by `what`.
    pub(super) fn put(&self, what: What) -> &Script {
        &self.put[what as usize]
    }
}

impl Script {
    fn new(flags: &str, parts: &[&str]) -> Self {
        let code = format!("#!lua flags={flags}\n{}", parts.concat());
        let hash = redis::Script::new(&code).get_hash().to_owned();
        Self { code, hash }
    }

    /// The engine's answer. The code itself is sent only if the engine does not know it.
    pub(super) async fn run(
        &self,
        connection: &mut impl ConnectionLike,
        key: &[u8],
        words: &[&[u8]],
    ) -> RedisResult<Value> {
        match command("EVALSHA", &self.hash, key, words).query_async(connection).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                command("EVAL", &self.code, key, words).query_async(connection).await
            }
            answered => answered,
        }
    }
}

fn command(name: &str, script: &str, key: &[u8], words: &[&[u8]]) -> Cmd {
    let bytes = script.len() + key.len() + words.iter().map(|word| word.len()).sum::<usize>();
    let mut command = Cmd::with_capacity(words.len() + 4, bytes + name.len() + 1);
    command.arg(name).arg(script).arg(1).arg(key).arg(words);
    command
}
