//! Where rustls writes ciphertext.

use std::io::{self, IoSlice, Write};

use crate::transports::io::Io;
use crate::transports::out_buf::{BufferPool, WriteBuffer};

/// Writes to the socket, all records in one call.
pub(super) struct ToIo<'a> {
    pub(super) io: &'a mut Io,
    /// How many bytes the last call had, taken or not.
    pub(super) offered: usize,
}

impl Write for ToIo<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(buf)])
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.offered = bufs.iter().map(|buf| buf.len()).sum();
        self.io.write(bufs)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes into the write buffer.
pub(super) struct ToBuffer<'a> {
    pub(super) out: &'a mut WriteBuffer,
    pub(super) buffer_pool: &'a mut BufferPool,
}

impl Write for ToBuffer<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(buf)])
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.out.append(bufs, 0, self.buffer_pool);
        Ok(bufs.iter().map(|buf| buf.len()).sum())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
