//! Helpers of all tests. `use crate::harness::*` is the only import of most test files.
//!
//! Every wait has a deadline, every port is chosen by the system, and every process ends with its test.
#![allow(unreachable_pub)] // A binary exports nothing: `pub` here is for the tests.

mod authority;
mod bytes;
mod family;
mod leg;
mod network;
mod program;
mod script;
mod shim;
mod sockets;
mod terminal;
mod tls;
mod users;

pub use authority::*;
pub use bytes::*;
pub use family::*;
pub use leg::*;
pub use network::*;
pub use program::*;
pub use script::*;
pub use shim::*;
pub use sockets::*;
pub use terminal::*;
pub use tls::*;
pub use users::*;

pub use rustls::pki_types::CertificateDer;
pub use rustls::version::{TLS12, TLS13};
pub use rustls::{Connection, ServerConfig};
pub use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, Type};
pub use std::ffi::OsStr;
pub use std::fs::{self, File, OpenOptions};
pub use std::io::{self, BufRead, BufReader, ErrorKind, PipeReader, PipeWriter, Read, Seek, SeekFrom, Write};
pub use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
pub use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
pub use std::os::unix::ffi::OsStrExt;
pub use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt, symlink};
pub use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
pub use std::os::unix::process::{CommandExt, ExitStatusExt};
pub use std::path::{Path, PathBuf};
pub use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Output, Stdio};
pub use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicUsize, Ordering};
pub use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
pub use std::sync::{Arc, Mutex, OnceLock};
pub use std::thread::{self, JoinHandle};
pub use std::time::{Duration, Instant};
pub use tempfile::TempDir;
