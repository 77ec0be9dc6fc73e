# Completions of xport for fish. 'xport --completions fish' prints them.

# Prints the mode of the line: the first word that is no option, and no value of an option.
function __xport_mode
    set -l words (commandline -opc)
    set -e words[1]
    set -l is_value 0
    for word in $words
        if test $is_value = 1
            set is_value 0
            continue
        end
        switch $word
            case @VALUED@
                set is_value 1
            case '-*'
            case '*'
                echo $word
                return 0
        end
    end
    return 1
end

# Whether the line has one of these modes, and the cursor is not in the program that the mode runs.
function __xport_in
    set -l mode (__xport_mode)
    or return 1
    contains -- $mode $argv
    and not __xport_program >/dev/null
end

# Whether the line has no mode yet.
function __xport_has_no_mode
    not __xport_mode >/dev/null
end

# Prints the words of the program that the mode runs, from its name to the cursor. It fails where there is none.
function __xport_program
    set -l mode (__xport_mode)
    or return 1
    contains -- $mode @PROGRAMS@
    or return 1
    set -l words (commandline -opc)
    set -l at (contains -i -- $mode $words)
    set -e words[1..$at]
    set -l is_value 0
    while set -q words[1]
        if test $is_value = 1
            set is_value 0
        else
            switch $words[1]
                case --
                    set -e words[1]
                    string escape -- $words
                    return 0
                case @VALUED@
                    set is_value 1
                case '-*'
                case '*'
                    if contains -- $mode @TRAILING@
                        string escape -- $words
                        return 0
                    end
            end
        end
        set -e words[1]
    end
    return 1
end

function __xport_complete_program
    set -l words (__xport_program)
    or return
    complete -C (string join ' ' -- $words (commandline -ct))
end

# Offers the hosts of /etc/hosts and of ssh. The arguments are the text before the host, and the text behind it.
function __xport_hosts
    set -l before $argv[1]
    set -l behind $argv[2]
    for file in ~/.ssh/known_hosts ~/.ssh/known_hosts2 /etc/ssh/ssh_known_hosts
        test -r $file
        or continue
        # A line can be a comment, have a marker, or have a hashed name. A pattern is no host.
        for host in (string match -rv '^\s*([#@|]|$)' <$file | string replace -r '\s.*' '' | string split ,)
            set host (string replace -r '^\[?([^\]]*).*' '$1' -- $host)
            string match -qr '[*?!:]' -- $host
            or echo $before$host$behind
        end
    end
    if test -r /etc/hosts
        for host in (string replace -r '#.*' '' </etc/hosts | string replace -rf '^\s*\S+\s+' '' | string split -n ' ' | string split -n \t)
            echo $before$host$behind
        end
    end
end

# Offers addresses to listen on. The argument is the text before the address.
function __xport_own
    printf '%s\n' $argv[1]{localhost,127.0.0.1,0.0.0.0}:
end

# Offers files. The arguments are the text before the file, and what was typed of the file.
function __xport_files
    set -l before $argv[1]
    set -l part $argv[2]
    for path in $part*
        test -d $path
        and set path $path/
        echo $before$path
    end
end

# Offers the names of programs. The arguments are those of __xport_files.
function __xport_programs
    set -l before $argv[1]
    string match -q -- '-*' $argv[2]
    and return
    for program in (complete -C "$argv[2]" | string replace -r '\t.*' '')
        echo $before$program
    end
end

# Offers users, and groups behind a colon. The arguments are those of __xport_files.
function __xport_owners
    set -l before $argv[1]
    # The word is that of the option as well, in --owner=USER.
    set -l part (string replace -r '^--[^=]*=' '' -- $argv[2])
    if string match -q '*:*' -- $part
        set before $before(string replace -r ':.*' ':' -- $part)
        printf '%s\n' $before(__fish_complete_groups | string replace -r '\t.*' '')
    else
        printf '%s\n' $before(__fish_complete_users | string replace -r '\t.*' '')
    end
end

# Completes an endpoint and its options behind commas. The argument is the place where it is expected.
function __xport_endpoint
    set -l place $argv[1]
    set -l word (commandline -ct)
    set -l scheme tcp
    if string match -qr '^(/|\./|\.\./|@)' -- $word
        set scheme unix
    else if string match -qr '^(@SCHEMES@):' -- $word
        set scheme (string replace -r ':.*' '' -- $word)
    end
    set -l rest (string replace -r '^[^:]*:' '' -- $word)
    set -l candidates
    if string match -qr '^(@RUNNING@):' -- $word
        __xport_programs $scheme: $rest
    else if string match -q '*,*' -- $word
        set -l before (string replace -r '[^,]*$' '' -- $word)
        set rest (string replace -r '.*,' '' -- $word)
        if string match -q '*=*' -- $rest
            set -l name (string replace -r '=.*' '' -- $rest)
            __xport_value $name $before$name= (string replace -r '^[^=]*=' '' -- $rest)
            return
        end
        switch $place,$scheme
@ENDPOINT_OPTIONS@
        end
        set -q candidates[1]
        and printf '%s\n' $before$candidates
    else if string match -q "$scheme:*" -- $word
        switch $scheme
@ADDRESSES@
        end
    else if test $scheme = unix
        __xport_files '' $word
    else
        switch $place
@ENDPOINTS@
        end
        printf '%s\n' $candidates
        test -n "$word"
        and __xport_hosts '' :
    end
end

# Completes the value of an option behind a comma: its name, the text before the value, and what was typed of it.
function __xport_value
    set -l before $argv[2]
    set -l part $argv[3]
    switch $argv[1]
@VALUES@
    end
end

complete -c xport -f
complete -c xport -n __xport_has_no_mode -s V -l version -d 'Print version'
complete -c xport -n __xport_has_no_mode -a help -d 'Show the help of a mode'
complete -c xport -n '__xport_in help' -a '@MODE_NAMES@'
@MODES@
@OPTIONS@
@OPERANDS@
complete -c xport -n '__xport_in @TRAILING@' -a '(__xport_programs "" (commandline -ct))'
complete -c xport -n '__xport_program >/dev/null' -a '(__xport_complete_program)'
