//! Starts a program: `clone(2)`, the steps in the child, and `execve(2)`.
//!
//! The standard library has two ways to start a program. `posix_spawn(3)` shares the memory of the parent with the
//! child until the program runs. This is fast, but it cannot request a signal at the death of the parent
//! (`PR_SET_PDEATHSIG`). `CommandExt::pre_exec` can request that signal, but then the library copies the process first:
//! with 8 MiB of memory this takes 0.9 ms instead of 0.5 ms. This file has the fast way, with the signal.
//! `transports/process/command.rs` defines a program, and `process.rs` handles a running child.
//!
//! While the child shares the memory, the thread of the parent waits in the kernel. The child runs on a stack of its
//! own, makes only system calls, and allocates nothing. All signals are blocked before the child starts, so no handler
//! of the parent can run in the child.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicI32, Ordering};

use super::{check, limits, retry, signals};

/// A program to start.
pub(crate) struct Plan<'a> {
    pub(crate) program: &'a Compiled,
    /// The descriptors of the child, with their numbers in the child. It inherits those of 0, 1 and 2 that are not
    /// listed, and no other descriptor.
    pub(crate) descriptors: &'a [(RawFd, BorrowedFd<'a>)],
    pub(crate) standing: Standing,
    /// The terminal of the child, which leads a session on it then. `TIOCSCTTY` of `ioctl_tty(2)`.
    pub(crate) terminal: Option<BorrowedFd<'a>>,
    /// Whether the child gets SIGKILL when this process ends.
    pub(crate) dies_with_us: bool,
}

/// A program, in the form of the system.
pub(crate) struct Compiled {
    /// The paths at which the program can be. The first one that exists counts, as in `execvp(3)`.
    pub(crate) programs: Vec<CString>,
    /// The arguments; the first one is the name of the program.
    pub(crate) arguments: Vec<CString>,
    /// The environment: `NAME=VALUE`.
    pub(crate) environment: Vec<CString>,
    /// The working directory, if not that of the parent.
    pub(crate) directory: Option<CString>,
}

/// The process group and the session of a child. `setpgid(2)`, `setsid(2)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// The child leads a group of its own in the session of this process. A signal can be sent to the whole group. On a
    /// terminal of this session, the child is in the background. asyncio's `process_group=0`.
    #[default]
    OwnGroup,
    /// The child leads a session of its own, and has no terminal. asyncio's `start_new_session=True`.
    #[doc(alias = "start_new_session")]
    OwnSession,
    /// The child stays in the group of this process: keys of the terminal send signals to both processes. Signals that
    /// this process sends go to the child alone. asyncio's default.
    OurGroup,
}

impl Plan<'_> {
    /// Whether the child has a group of its own, which can be sent signals.
    pub(crate) fn leads_a_group(&self) -> bool {
        self.terminal.is_some() || self.standing != Standing::OurGroup
    }
}

/// The part of a start that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// The program: it is not there, or the system cannot run it.
    Program,
    /// A pipe, or another descriptor for the child.
    Pipe,
    /// A terminal for the child.
    Terminal,
    /// A process for the child: the system has none, or could not set it up.
    Process,
    /// A way to learn of the end of the child.
    Watch,
}

/// Bytes of the child's stack. The child needs a few hundred bytes; without optimisation a few thousand.
const STACK_BYTES: usize = 64 * 1024;

/// Signals of job control. A child inherits whether they are ignored. All other signals have their default action in a
/// child.
const JOB_CONTROL: [c_int; 3] = [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU];

/// The data that the child reads, and the two numbers that it writes. The parent prepares everything.
struct Start<'a> {
    programs: *const *const c_char,
    arguments: *const *const c_char,
    environment: *const *const c_char,
    /// Null if the child keeps the directory of the parent.
    directory: *const c_char,
    /// Descriptors to be copied, each with the number of its copy. No source has a number that a copy has.
    descriptors: &'a [(RawFd, RawFd)],
    /// The last descriptor to mark. -1 if the kernel marks all of them in one call.
    last_open: RawFd,
    standing: Standing,
    terminal: Option<BorrowedFd<'a>>,
    /// The process number of the parent, if the child must end with the parent; otherwise 0.
    parent: libc::pid_t,
    last_signal: c_int,
    /// The error that kept the program from running, as a number of `errno(3)`, or 0.
    error: AtomicI32,
    /// Whether the error is about executing the program itself.
    is_of_program: AtomicI32,
}

/// Starts a program and returns the number of its process. This thread waits, with all signals blocked, until the call
/// returns.
///
/// With `dies_with_us`, the child gets SIGKILL when this process ends in any way. This holds only on the main thread,
/// because the kernel sends the signal when the *thread* ends that started the child. A set-user-ID program does not
/// get the signal. `prctl(2)`.
pub(crate) fn spawn(plan: &Plan<'_>) -> Result<u32, (Failed, io::Error)> {
    let programs = pointers(&plan.program.programs);
    let (arguments, environment) = (pointers(&plan.program.arguments), pointers(&plan.program.environment));
    let no_process = |error| (Failed::Process, error);
    let above = plan.descriptors.iter().map(|(number, _)| *number).fold(2, RawFd::max);
    let moved = out_of_the_way(plan.descriptors, above).map_err(no_process)?;
    let source = |(at, (number, fd)): (usize, &(RawFd, BorrowedFd<'_>))| {
        (moved[at].as_ref().map_or_else(|| fd.as_raw_fd(), AsRawFd::as_raw_fd), *number)
    };
    let descriptors = Vec::from_iter(plan.descriptors.iter().enumerate().map(source));
    let start = Start {
        programs: programs.as_ptr(),
        arguments: arguments.as_ptr(),
        environment: environment.as_ptr(),
        directory: plan.program.directory.as_deref().map_or(null(), CStr::as_ptr),
        descriptors: &descriptors,
        last_open: if can_mark_at_once() { -1 } else { last_open() },
        standing: plan.standing,
        terminal: plan.terminal,
        parent: if plan.dies_with_us { main_thread().unwrap_or(0) } else { 0 },
        last_signal: libc::SIGRTMAX(),
        error: AtomicI32::new(0),
        is_of_program: AtomicI32::new(0),
    };
    let mut stack = Box::<[u8]>::new_uninit_slice(STACK_BYTES);
    // The stack grows downwards, and its end must be a multiple of 16.
    let end = stack.as_mut_ptr_range().end;
    // SAFETY: it moves by less than the length of the stack, so that the result is inside of it.
    let top = unsafe { end.sub(end.addr() % 16) };
    let mask = block_all().map_err(no_process)?;
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    let about = (&raw const start).cast_mut().cast::<c_void>();
    // SAFETY: with CLONE_VFORK the call returns when the child no longer uses this memory, so `start` and the stack
    // outlive their use by the child. The stack is not shared, and `top` is aligned. All signals are blocked, so no
    // handler of this process runs in the child. `run` only makes system calls and writes through atomics; it takes no
    // lock.
    let pid = check(unsafe { libc::clone(run, top.cast(), flags, about) });
    set_mask(&mask);
    let pid = pid.map_err(no_process)?;
    let error = start.error.load(Ordering::Acquire);
    if error == 0 {
        return Ok(pid.cast_unsigned());
    }
    // The child has ended already, or ends at once.
    // SAFETY: the status is not asked for, and the call touches no other memory.
    let _ = retry(|| check(unsafe { libc::waitpid(pid, null_mut(), 0) }));
    let error = io::Error::from_raw_os_error(error);
    let of_program = start.is_of_program.load(Ordering::Acquire) != 0;
    Err((if of_program { Failed::Program } else { Failed::Process }, error))
}

/// Pointers to these strings, and a null pointer at the end.
fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([null()]).collect()
}

/// Copies those descriptors that have a number up to `above`. Otherwise, moving one into place could overwrite another
/// one.
fn out_of_the_way(descriptors: &[(RawFd, BorrowedFd<'_>)], above: RawFd) -> io::Result<Vec<Option<OwnedFd>>> {
    let copy = |(_, fd): &(RawFd, BorrowedFd<'_>)| {
        if fd.as_raw_fd() > above {
            return Ok(None);
        }
        // SAFETY: the request takes two numbers and touches no memory.
        let copy = check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, above + 1) })?;
        // SAFETY: the descriptor is new and has no other owner.
        Ok(Some(unsafe { OwnedFd::from_raw_fd(copy) }))
    };
    descriptors.iter().map(copy).collect()
}

/// Marks all descriptors from `first` on to be closed by execve(2). `close_range(2)`.
fn mark_from(first: libc::c_uint) -> bool {
    // SAFETY: the call takes three numbers and touches no memory.
    unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) == 0 }
}

/// Whether the kernel can mark descriptors in one call. Kernels before 5.11 cannot, and filters of containers can
/// refuse it. No descriptor has the number of this question.
fn can_mark_at_once() -> bool {
    mark_from(libc::c_uint::MAX)
}

/// The largest number of an open descriptor.
fn last_open() -> RawFd {
    let number = |entry: io::Result<fs::DirEntry>| entry.ok()?.file_name().to_str()?.parse().ok();
    let open = fs::read_dir("/proc/self/fd").ok().and_then(|entries| entries.filter_map(number).max());
    open.unwrap_or_else(|| limits::open_files_max() - 1)
}

/// The number of this process, if this thread is its main thread.
fn main_thread() -> Option<libc::pid_t> {
    // SAFETY: both calls take nothing and touch no memory.
    let (process, thread) = unsafe { (libc::getpid(), libc::syscall(libc::SYS_gettid)) };
    (libc::c_long::from(process) == thread).then_some(process)
}

/// Blocks every signal for this thread, and returns the set that was blocked before.
fn block_all() -> io::Result<libc::sigset_t> {
    let (mut all, mut before) = (MaybeUninit::<libc::sigset_t>::uninit(), MaybeUninit::<libc::sigset_t>::uninit());
    // SAFETY: both sets are alive for the calls, and the calls fill them.
    unsafe {
        check(libc::sigfillset(all.as_mut_ptr()))?;
        check(libc::sigprocmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()))?;
        Ok(before.assume_init())
    }
}

fn set_mask(mask: &libc::sigset_t) {
    // SAFETY: the set is alive for the call, which only reads it. It cannot fail with a set that the kernel has given.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, mask, null_mut()) };
}

/// The code of the child. If this returns, the program does not run, and `start` has the error.
extern "C" fn run(start: *mut c_void) -> c_int {
    // SAFETY: the pointer is that of the `Start` in `spawn`, which waits for the child.
    let start = unsafe { &*start.cast::<Start<'_>>() };
    let error = match prepare(start) {
        Err(error) => error,
        Ok(()) => {
            start.is_of_program.store(1, Ordering::Release);
            // SAFETY: `spawn` has made the pointers from vectors that outlive the child's use of the memory.
            unsafe { execute(start.programs, start.arguments, start.environment) }
        }
    };
    start.error.store(error, Ordering::Release);
    // The status that a shell uses. It matters only on a system that gives the child a copy of the memory.
    127
}

/// Sets up the process for the program. Fails with the number of an error.
fn prepare(start: &Start<'_>) -> Result<(), c_int> {
    if start.parent != 0 {
        let signal = libc::SIGKILL as libc::c_ulong;
        // SAFETY: the request takes a number and touches no memory.
        let is_set = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal) } == 0;
        // SAFETY: the call takes nothing and touches no memory.
        let parent = unsafe { libc::getppid() };
        // The parent can have ended before the request. A parent in another PID namespace has the number 0. If the
        // system refuses the request, the program runs without the signal.
        if is_set && parent != start.parent && parent != 0 {
            return Err(libc::ESRCH);
        }
    }
    match (start.terminal, start.standing) {
        (None, Standing::OurGroup) => (),
        // SAFETY: the call takes two numbers and touches no memory.
        (None, Standing::OwnGroup) => errno(unsafe { libc::setpgid(0, 0) })?,
        // SAFETY: the call takes nothing and touches no memory.
        (None, Standing::OwnSession) | (Some(_), _) => errno(unsafe { libc::setsid() })?,
    }
    if let Some(terminal) = start.terminal {
        // SAFETY: the request takes a number and touches no memory.
        errno(unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSCTTY, 0) })?;
    }
    // The marks concern only the child, which has its own table of descriptors.
    if start.last_open < 0 {
        mark_from(3);
    }
    for fd in 3..=start.last_open {
        // SAFETY: the request takes a number and touches no memory. The descriptor need not be open.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
    for &(fd, number) in start.descriptors {
        // SAFETY: the call takes two numbers and touches no memory. The copy is not closed on exec.
        errno(unsafe { libc::dup2(fd, number) })?;
    }
    if !start.directory.is_null() {
        // SAFETY: the path is a C string that outlives the child's use of the memory.
        errno(unsafe { libc::chdir(start.directory) })?;
    }
    reset_signals(start.last_signal);
    Ok(())
}

/// Gives every signal its default action, and unblocks every signal.
fn reset_signals(last: c_int) {
    for signal in 1..=last {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: without a new action the call only fills the old one, which is alive for the call. The C library
        // refuses the signals that it uses itself.
        if unsafe { libc::sigaction(signal, null(), action.as_mut_ptr()) } != 0 {
            continue;
        }
        // SAFETY: zeroed memory is a valid `sigaction`, and the kernel has filled it.
        let handler = unsafe { action.assume_init() }.sa_sigaction;
        if handler == libc::SIG_DFL || (handler == libc::SIG_IGN && JOB_CONTROL.contains(&signal)) {
            continue;
        }
        // SAFETY: zeroed memory is a valid `sigaction`: SIG_DFL, no flags, an empty mask.
        unsafe { libc::sigaction(signal, MaybeUninit::zeroed().as_ptr(), null_mut()) };
    }
    unblock_all();
}

/// Unblocks every signal of this thread.
fn unblock_all() {
    let mut none = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the set is alive for the calls, and sigemptyset fills it.
    unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), null_mut());
    }
}

/// Replaces this process by the first program of the list that exists, with the signals that a program expects at its
/// start. Returns only if that fails. Descriptors that are marked close-on-exec are closed. `execve(2)`.
///
/// A signal that was ignored when this process started stays ignored, as under `nohup`. SIGPIPE is the exception: the
/// runtime of Rust ignores it before `main`, so nothing here can tell what it was.
pub(crate) fn replace_process(program: &Compiled) -> io::Error {
    let (programs, arguments) = (pointers(&program.programs), pointers(&program.arguments));
    let environment = pointers(&program.environment);
    signals::set_default(libc::SIGPIPE);
    signals::restore_file_size_signal();
    unblock_all();
    // SAFETY: the pointers are those of C strings that live until the end of this function.
    io::Error::from_raw_os_error(unsafe { execute(programs.as_ptr(), arguments.as_ptr(), environment.as_ptr()) })
}

/// Executes the first program of the list that exists. Returns the number of an error if none does. `execvp(3)`.
///
/// # Safety
/// Each argument is an array of pointers to C strings, ends with a null pointer, and outlives the call.
unsafe fn execute(
    mut program: *const *const c_char,
    arguments: *const *const c_char,
    environment: *const *const c_char,
) -> c_int {
    let (mut verdict, mut is_denied) = (libc::ENOENT, false);
    // SAFETY: the pointers end with a null pointer, and this one is not moved past that.
    while !unsafe { *program }.is_null() {
        // SAFETY: the caller promises that the pointers are valid.
        unsafe { libc::execve(*program, arguments, environment) };
        verdict = last_error();
        match verdict {
            libc::EACCES => is_denied = true,
            libc::ENOENT | libc::ENOTDIR | libc::ESTALE | libc::ENODEV | libc::ETIMEDOUT => (),
            _ => return verdict,
        }
        // SAFETY: this pointer was not the null pointer, so there is another one behind it.
        program = unsafe { program.add(1) };
    }
    if is_denied { libc::EACCES } else { verdict }
}

/// Turns the result of a system call that returns `int` into success or the number of its error.
fn errno(result: c_int) -> Result<(), c_int> {
    if result < 0 { Err(last_error()) } else { Ok(()) }
}

/// The number of the last error. The child shares the memory that has it.
fn last_error() -> c_int {
    io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)
}
