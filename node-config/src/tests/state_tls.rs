//! Encrypted connections of clients.

use super::{check, check_refused};

const FILES: &str = "certFile: a, keyFile: b";

#[test]
fn it_is_for_this_machine_unless_clients_are_known() {
    check(&format!("stateTls: {{{FILES}}}"), "listen: 127.0.0.1:42443");
    let open = format!("listen: 0.0.0.0:42443, {FILES}");
    check(&format!("stateTls: {{{open}, caFile: c}}"), "caFile: c");
    check(&format!("allowPlaintext: true\nstateTls: {{{open}}}"), "listen: 0.0.0.0:42443");
    let advice =
        ["stateTls.caFile", "0.0.0.0:42443 is open to other machines", "write caFile", "--allow-plaintext"];
    check_refused(&format!("stateTls: {{{open}}}"), &advice);
}

#[test]
fn no_other_port_is_its_own() {
    for (key, address) in [
        ("stateListen", "127.0.0.1:42424"),
        ("adminListen", "127.0.0.1:9424"),
        ("peerListen", "127.0.0.1:42425"),
    ] {
        let taken = format!("ringFile: r\nstateTls: {{listen: \"{address}\", {FILES}}}");
        check_refused(
            &taken,
            &["stateTls.listen", &format!("{address} is {key} already"), "write another port"],
        );
    }
    // Nobody listens there.
    check(&format!("stateTls: {{listen: \"127.0.0.1:42425\", {FILES}}}"), "listen: 127.0.0.1:42425");
    check(
        &format!("stateListen: 127.0.0.1:0\nstateTls: {{listen: \"127.0.0.1:0\", {FILES}}}"),
        "listen: 127.0.0.1:0",
    );
}

#[test]
fn the_files_are_named() {
    check_refused("stateTls: {certFile: a}", &["keyFile"]);
    check_refused(
        "stateTls: {certFile: \"\", keyFile: b}",
        &["stateTls.certFile", "write the path of a file"],
    );
    check_refused("stateTls: {certFile: a, keyFile: \"\"}", &["stateTls.keyFile"]);
    check_refused(&format!("stateTls: {{{FILES}, caFile: \"\"}}"), &["stateTls.caFile"]);
    check_refused(&format!("stateTls: {{{FILES}, cert: c}}"), &["unknown field `cert`"]);
}
