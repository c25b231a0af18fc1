//! The location cookie: where a session lives, sealed.
//!
//! It is a hint and no authority. Who replays an old one causes a detour, who invents one is not believed, and none says
//! anything to whoever reads it. It is bound to one session of one application under one cookie name, so it cannot be
//! carried elsewhere.
//!
//! ```text
//! byte 0          version, 1
//! bytes 1 to 4    id of the key
//! bytes 5 to 28   nonce
//! bytes 29 to 39  sealed: number of the data centre (1), swing counter (2), seconds since 1970 at the issue (8)
//! bytes 40 to 55  tag
//! ```
//!
//! Numbers have their highest byte first; the text is base64 for URLs without padding. The cipher is XChaCha20-Poly1305,
//! whose nonces are long enough to be drawn at random by any number of web servers. Authenticated with it: version, id
//! of the key, and the three parts of the [`Binding`], each after its length in eight bytes. All of it is frozen.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{AeadInOut as _, KeyInit as _, XChaCha20Poly1305};

use crate::{
    home::{DataCentre, Home},
    key_ring::{Key, KeyRing},
};

/// Characters of every cookie.
pub const COOKIE_CHARACTERS: usize = 75;

/// How far the clock of whoever sealed a cookie may be ahead of the one that opens it.
pub const SKEW: Duration = Duration::from_secs(300);

const VERSION: u8 = 1;
const ID: usize = 1;
const NONCE: usize = ID + size_of::<u32>();
const SEALED: usize = NONCE + 24;
const TAG: usize = SEALED + 11;
const BYTES: usize = TAG + 16;
const _: () = assert!(COOKIE_CHARACTERS == (BYTES * 4).div_ceil(3));

/// What a cookie says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// Where the session lives, as far as the one who sealed it knew.
    pub home: Home,
    /// When that was, in seconds since 1970.
    pub issued: u64,
}

/// What a cookie belongs to, and is worthless without.
#[derive(Clone, Copy)]
pub struct Binding<'a> {
    /// The cookie's name.
    pub cookie: &'a str,
    /// The application's id.
    pub app: &'a str,
    /// The session's id.
    pub session: &'a str,
}

impl std::fmt::Debug for Binding<'_> {
    /// Without the session's id, which is as good as a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { cookie, app, session: _ } = self;
        f.debug_struct("Binding").field("cookie", cookie).field("app", app).finish_non_exhaustive()
    }
}

impl KeyRing {
    /// The cookie that says `location`: [`COOKIE_CHARACTERS`] of `A-Z a-z 0-9 - _`. `nonce` has to be drawn anew for
    /// each.
    #[must_use]
    pub fn seal(&self, now: u64, nonce: [u8; 24], location: &Location, binding: &Binding<'_>) -> String {
        let key = self.sealing(now);
        let Location { home: Home { data_centre, swing }, issued } = *location;
        let mut bytes = [0; BYTES];
        bytes[0] = VERSION;
        bytes[ID..NONCE].copy_from_slice(&key.id.to_be_bytes());
        bytes[NONCE..SEALED].copy_from_slice(&nonce);
        bytes[SEALED] = data_centre.number();
        bytes[SEALED + 1..SEALED + 3].copy_from_slice(&swing.to_be_bytes());
        bytes[SEALED + 3..TAG].copy_from_slice(&issued.to_be_bytes());
        let sealed = (&mut bytes[SEALED..TAG]).into();
        let tag = cipher(key)
            .encrypt_inout_detached(&nonce.into(), &authenticated(key.id, binding), sealed)
            .expect("only gigabytes are too much for the cipher");
        bytes[TAG..].copy_from_slice(&tag);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What the cookie `text` says, if one of these keys sealed it for that very `binding` at most `max_age` ago.
    /// Everything else is as good as no cookie, for whatever reason.
    #[must_use]
    pub fn open(&self, now: u64, text: &str, binding: &Binding<'_>, max_age: Duration) -> Option<Location> {
        if text.len() != COOKIE_CHARACTERS {
            return None;
        }
        let mut bytes = [0; BYTES];
        URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let id = u32::from_be_bytes(bytes[ID..NONCE].try_into().ok()?);
        let key = self.opening(now, id).filter(|_| bytes[0] == VERSION)?;
        let nonce: [u8; 24] = bytes[NONCE..SEALED].try_into().ok()?;
        let tag: [u8; 16] = bytes[TAG..].try_into().ok()?;
        let sealed = (&mut bytes[SEALED..TAG]).into();
        cipher(key)
            .decrypt_inout_detached(&nonce.into(), &authenticated(id, binding), sealed, &tag.into())
            .ok()?;
        let swing = u16::from_be_bytes(bytes[SEALED + 1..SEALED + 3].try_into().ok()?);
        let issued = u64::from_be_bytes(bytes[SEALED + 3..TAG].try_into().ok()?);
        let home = Home { data_centre: DataCentre::new(bytes[SEALED])?, swing };
        let oldest = now.saturating_sub(max_age.as_secs());
        let newest = now.saturating_add(SKEW.as_secs());
        (oldest..=newest).contains(&issued).then_some(Location { home, issued })
    }
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.secret.expose().into())
}

/// What is authenticated beside the sealed part. Lengths keep the parts apart.
fn authenticated(id: u32, binding: &Binding<'_>) -> Vec<u8> {
    let Binding { cookie, app, session } = *binding;
    let mut bytes = vec![VERSION];
    bytes.extend(id.to_be_bytes());
    for part in [app, cookie, session] {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend(part.as_bytes());
    }
    bytes
}
