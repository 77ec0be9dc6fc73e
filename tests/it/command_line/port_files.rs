//! Tests which files `--port-file` replaces and removes in a directory that others can change.

use crate::harness::*;

/// The arguments of every kind of run with a port file, and the status if the file cannot be written.
fn runs(file: &Path) -> Vec<(Vec<String>, i32)> {
    let file = file.to_str().expect("text");
    let with = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let at = "127.0.0.1:0";
    vec![
        (with(&["tcp-echo", "--port-file", file, at]), 1),
        (with(&["tcp-server", "--port-file", file, at]), 1),
        (with(&["tls-echo", "--self-signed", "--port-file", file, at]), 1),
        (with(&["tls-server", "--self-signed", "--port-file", file, at]), 1),
        (with(&["udp-echo", "--port-file", file, at]), 1),
        (with(&["udp-server", "--port-file", file, at]), 1),
        (with(&["exec", "--listen", at, "--port-file", file, "--", "cat"]), 125),
        (with(&["relay", &format!("tcp-listen:{at},port-file={file}"), "exec:cat"]), 1),
        (with(&["relay", &format!("tls-listen:{at},self-signed,port-file={file}"), "exec:cat"]), 1),
        (with(&["relay", &format!("udp-listen:{at},port-file={file}"), "exec:cat"]), 1),
    ]
}

/// Starts the program in `folder`, with stdout in a file.
fn run(folder: &Path, args: &[String]) -> Output {
    let stdout = File::create(folder.join("stdout")).expect("a file");
    let mut run = Background::spawn(command(args).current_dir(folder).stdin(Stdio::null()).stdout(stdout));
    let status = run.wait();
    let stderr = run.all_lines().join("\n").into_bytes();
    Output { status, stdout: Vec::new(), stderr }
}

/// Anything but a port file or an empty file of the same user is refused, with its kind, before anything listens. No
/// link is followed.
#[test]
fn only_an_own_port_file_is_replaced() {
    let dir = folder();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("victim"), "precious").expect("a file");
    symlink("victim", path("link")).expect("a link");
    symlink("nowhere", path("dangling")).expect("a link");
    symlink("/dev/null", path("to-device")).expect("a link");
    symlink("directory", path("to-directory")).expect("a link");
    fs::create_dir(path("directory")).expect("a directory");
    assert!(Command::new("mkfifo").arg(path("fifo")).status().expect("mkfifo runs").success());
    let _socket = UnixListener::bind(path("socket")).expect("a socket");
    fs::write(path("foreign"), "80\n").expect("a file");
    let kinds = [
        ("victim", "a file with other content than ports"),
        ("link", "a symbolic link"),
        ("dangling", "a symbolic link"),
        ("to-device", "a symbolic link"),
        ("to-directory", "a symbolic link"),
        ("/dev/stdout", "a symbolic link"),
        ("directory", "a directory"),
        ("fifo", "a FIFO"),
        ("socket", "a socket"),
        ("/dev/null", "a device"),
    ];
    let mut kinds = kinds.to_vec();
    if is_root() {
        std::os::unix::fs::chown(path("foreign"), Some(stranger()), None).expect("root may do this");
        kinds.push(("foreign", "a file of another user"));
    }
    let before = |name: &str| fs::symlink_metadata(path(name)).expect("it is there");
    for (name, kind) in kinds {
        let (inode, all) = (before(name).ino(), runs(&path(name)));
        for (args, status) in all {
            let output = run(dir.path(), &args);
            assert_eq!(output.status.code(), Some(status), "{args:?}: {}", text(&output));
            let expected = format!("xport: port file {}: this is {kind}", path(name).display());
            let stderr = String::from_utf8(output.stderr).expect("text");
            assert!(stderr.starts_with(&expected) && stderr.lines().count() == 1, "{args:?}: {stderr}");
            assert_eq!(before(name).ino(), inode, "{args:?}");
        }
    }
    assert_eq!(fs::read_to_string(path("victim")).expect("it is there"), "precious");
    assert!(path("stdout").is_file(), "what /dev/stdout leads to was removed");
    assert_eq!(fs::read_to_string(path("foreign")).expect("it is there"), "80\n");
    assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 10, "something was left behind");
}

/// An old port file is replaced, not overwritten: an open descriptor or another link still has the old content. The
/// umask decides the mode.
#[test]
fn a_file_is_replaced_and_not_written_to() {
    for index in 0..runs(Path::new("f")).len() {
        let dir = folder();
        let (file, other) = (dir.path().join("f"), dir.path().join("other"));
        let old = if index % 2 == 0 { "80\n443\n" } else { "" };
        fs::write(&file, old).expect("a file");
        fs::hard_link(&file, &other).expect("a second name");
        let (args, _) = runs(&file).swap_remove(index);
        let mut server = Background::spawn(by_shell("umask 027; exec \"$0\" \"$@\"").args(&args));
        let port = server.address().port();
        assert_eq!(fs::read_to_string(&file).expect("it is there"), format!("{port}\n"), "{args:?}");
        assert_eq!(fs::metadata(&file).expect("it is there").mode() & 0o777, 0o640, "{args:?}");
        assert_eq!(fs::read_to_string(&other).expect("it is there"), old, "{args:?}");
        server.signal(libc::SIGTERM);
        server.wait();
        assert!(!file.exists() && other.exists(), "{args:?}: {:?}", server.all_lines());
        assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 1, "{args:?}");
    }
}

/// No predictable name can block the file, not even one with the number of the process.
#[test]
fn its_temporary_name_cannot_be_taken() {
    let dir = folder();
    fs::write(dir.path().join("victim"), "precious").expect("a file");
    let script = "for name in p.$$.tmp .p.$$.tmp p.tmp .p.tmp; do ln -s victim $name; done; exec \"$0\" \"$@\"";
    let mut run = by_shell(script);
    run.args(["tcp-echo", "--port-file", "p", "127.0.0.1:0"]).current_dir(dir.path());
    let (_server, address) = serve_by(run);
    let port = address.port();
    assert_eq!(fs::read_to_string(dir.path().join("p")).expect("it is there"), format!("{port}\n"));
    assert_eq!(fs::read_to_string(dir.path().join("victim")).expect("it is there"), "precious");
}

/// A file or a link that has replaced the port file is not removed. A new file often gets the inode number of a removed
/// one.
#[test]
fn a_foreign_file_in_its_place_is_kept() {
    let (_dir, file) = path("port");
    for foreign in ["file", "link"] {
        let args = [OsStr::new("tcp-echo"), OsStr::new("--port-file"), file.as_os_str(), OsStr::new("127.0.0.1:0")];
        let mut server = Background::start(args);
        server.address();
        fs::remove_file(&file).expect("it is there");
        match foreign {
            "file" => fs::write(&file, "precious").expect("a file"),
            _ => symlink("precious", &file).expect("a link"),
        }
        server.drains();
        assert!(fs::symlink_metadata(&file).is_ok(), "the foreign {foreign} was removed");
        fs::remove_file(&file).expect("it is there");
    }
}
