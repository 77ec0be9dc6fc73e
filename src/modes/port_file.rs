//! Writes the file of `--port-file`, which tells other programs where a server listens.

use std::io;
use std::path::Path;

use crate::transports::info::Peer;
use crate::transports::own_file::OwnFile;

/// Writes the ports to the file, one in each line, and each port once.
pub(super) fn write_port_file(path: &Path, names: &[Peer]) -> io::Result<OwnFile> {
    let mut ports: Vec<u16> = Vec::new();
    for port in names.iter().filter_map(Peer::port) {
        if !ports.contains(&port) {
            ports.push(port);
        }
    }
    if ports.is_empty() {
        return Err(io::Error::other("no listener has a port"));
    }
    let text: String = ports.iter().map(|port| format!("{port}\n")).collect();
    OwnFile::write(path, text.as_bytes())
}
