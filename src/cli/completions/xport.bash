# Completions of xport for bash. 'xport --completions bash' prints them.

# Completes a line: modes, options, their values, operands, and the program of a mode that runs one.
_xport() {
    local IFS=$' \t\n' cur kept="" lead="" mode="" name="" ended="" count=0 start=0 i word
    local -a words=() indexes=()
    COMPREPLY=()
    _xport_split
    cur="${words[-1]}"
    # bash replaces only what is behind the last colon or equals sign, unless the word is quoted.
    case "$cur" in
        [\'\"]*) cur="${cur:1}" ;;
        *)
            word="${COMP_WORDBREAKS//[^:=]/}"
            [[ -n $word ]] && kept="${cur%"${cur##*[$word]}"}"
            ;;
    esac
    if (( ${#words[@]} > 1 )) && [[ ${words[-2]} == *[\<\>] ]]; then
        _xport_files ""
        return
    fi
    for (( i = 1; i < ${#words[@]} - 1; i++ )); do
        word="${words[i]}"
        if [[ -n $name ]]; then
            name=""
        elif [[ $word == *[\<\>] ]]; then
            (( i++ ))
        elif [[ -z $ended && $word == -- ]]; then
            ended=1
            case "$mode" in
                @PROGRAMS@) start=$(( i + 1 )); break ;;
            esac
        elif [[ -z $ended && $word == --?* ]]; then
            case "$word" in
                @VALUED@) name="${word#--}" ;;
            esac
        elif [[ -z $ended && $word == -?* ]]; then
            :
        elif [[ -z $mode ]]; then
            case "$word" in
@ALIASES@
                *) mode="$word" ;;
            esac
        else
            case "$mode" in
                @TRAILING@) start=$i; break ;;
            esac
            (( count++ ))
        fi
    done
    if (( start > 0 )); then
        _xport_command "$start"
    elif [[ -n $name ]]; then
        _xport_value "$name" ""
    elif [[ -z $ended && $cur == --*=* ]]; then
        name="${cur%%=*}"
        cur="${cur#*=}"
        # Where an equals sign does not end a word, the option belongs to each word that is offered.
        if [[ $kept == "$name="* ]]; then kept="${kept#*=}"; else lead="$name="; fi
        _xport_value "${name#--}" ""
    elif [[ -z $ended && $cur == -* ]]; then
        _xport_options
    elif [[ -z $mode ]]; then
        _xport_offer "" help @MODES@
    else
        case "$mode,$count" in
            help,0) _xport_offer "" @MODES@ ;;
            @TRAILING_OPERANDS@) _xport_command $(( ${#words[@]} - 1 )) ;;
@OPERANDS@
        esac
    fi
}

# Splits the line up to the cursor into words. Bash has taken them apart at colons and equals signs. The index of each
# word in COMP_WORDS goes into another list.
_xport_split() {
    local line="${COMP_LINE:0:COMP_POINT}" rest part last="" i
    line="${COMP_WORDS[0]}${line#*"${COMP_WORDS[0]}"}"
    for (( i = 0; i <= COMP_CWORD; i++ )); do
        rest="${line#"${line%%[![:space:]]*}"}"
        part="${COMP_WORDS[i]}"
        (( i == COMP_CWORD )) && part="$rest"
        if (( i > 0 )) && [[ $rest == "$line" && ( $part == [:=]* || $last == *[:=] ) ]]; then
            words[-1]+="$part"
        else
            words+=("$part")
            indexes+=("$i")
        fi
        last="$part"
        line="${rest#"$part"}"
    done
}

# Offers the words that continue what was typed. The first argument is the text before each word.
_xport_offer() {
    local before="$1" word
    shift
    for word in "$@"; do
        word="$before$word"
        [[ $word == "$cur"* ]] && COMPREPLY+=("$lead${word#"$kept"}")
    done
    [[ ${COMPREPLY[0]-} == *[:=/] ]] && compopt -o nospace 2> /dev/null
    return 0
}

# Offers files. The argument is the text before the file.
_xport_files() {
    local part="${cur#"$1"}" path
    compopt -o filenames 2> /dev/null
    while IFS= read -r path; do
        path="$1$path"
        COMPREPLY+=("$lead${path#"$kept"}")
    done < <(compgen -f -- "${part//\\/}")
}

# Offers the names of programs. The argument is the text before the name.
_xport_programs() {
    local program
    while IFS= read -r program; do
        _xport_offer "$1" "$program"
    done < <(compgen -c -- "${cur#"$1"}")
}

# Offers the hosts of /etc/hosts and of ssh. The arguments are the text before the host, and the text behind it.
_xport_hosts() {
    local file line host
    local -a fields
    for file in ~/.ssh/known_hosts ~/.ssh/known_hosts2 /etc/ssh/ssh_known_hosts; do
        [[ -f $file && -r $file ]] || continue
        while read -r line _ || [[ -n $line ]]; do
            # A line can be a comment, have a marker, or have a hashed name.
            [[ $line == [\#@\|]* ]] && continue
            IFS=, read -ra fields <<< "$line"
            for host in "${fields[@]}"; do
                host="${host#\[}"
                host="${host%%\]*}"
                # A pattern is no host, and an IPv6 address is rarely typed.
                [[ $host == *[*?!:]* ]] || _xport_offer "$1" "$host$2"
            done
        done < "$file"
    done
    [[ -r /etc/hosts ]] || return 0
    while read -ra fields || (( ${#fields[@]} )); do
        for host in "${fields[@]:1}"; do
            [[ $host == \#* ]] && break
            [[ ${fields[0]} == \#* ]] || _xport_offer "$1" "$host$2"
        done
    done < /etc/hosts
}

# Offers addresses to listen on. The argument is the text before the address.
_xport_own() {
    _xport_offer "$1" "localhost:" "127.0.0.1:" "0.0.0.0:"
}

# Offers users, and groups behind a colon. The argument is the text before the user.
_xport_owners() {
    local part="${cur#"$1"}"
    if [[ $part == *:* ]]; then
        _xport_offer "$1${part%%:*}:" $(compgen -g)
    else
        _xport_offer "$1" $(compgen -u)
    fi
}

# Completes the program behind a mode, and its arguments. The argument is the place of the program in the words.
_xport_command() {
    if declare -F _comp_command_offset > /dev/null; then
        _comp_command_offset "${indexes[$1]}"
    elif declare -F _command_offset > /dev/null; then
        _command_offset "${indexes[$1]}"
    elif (( $1 == ${#words[@]} - 1 )) && [[ $cur != */* ]]; then
        _xport_programs ""
    else
        _xport_files ""
    fi
}

# Completes an endpoint and its options behind commas. The argument is the place where it is expected.
_xport_endpoint() {
    local place="$1" scheme=tcp rest before
    local -a candidates=()
    compopt -o nospace 2> /dev/null
    case "$cur" in
        /*|./*|../*|@*) scheme=unix ;;
        @SCHEMES@) scheme="${cur%%:*}" ;;
    esac
    case "$cur" in
        @RUNNING@) _xport_programs "$scheme:"; return ;;
    esac
    if [[ $cur == *,* ]]; then
        rest="${cur##*,}"
        before="${cur%"$rest"}"
        if [[ $rest == *=* ]]; then
            _xport_value "${rest%%=*}" "$before${rest%%=*}="
            return
        fi
        case "$place,$scheme" in
@ENDPOINT_OPTIONS@
        esac
        (( ${#candidates[@]} )) && _xport_offer "$before" "${candidates[@]}"
    elif [[ $cur == "$scheme":* ]]; then
        case "$scheme" in
@ADDRESSES@
        esac
    elif [[ $scheme == unix ]]; then
        _xport_files ""
    else
        case "$place" in
@ENDPOINTS@
        esac
        _xport_offer "" "${candidates[@]}"
        [[ -n $cur ]] && _xport_hosts "" ":"
    fi
    return 0
}

# Completes the value of an option. The arguments are its name, and the text before the value.
_xport_value() {
    case "$1" in
        listen|connect)
            case "$mode" in
@ENDPOINT_VALUES@
            esac
            ;;
@VALUES@
    esac
}

# Offers the options of the mode.
_xport_options() {
    case "$mode" in
@OPTIONS@
    esac
}

complete -F _xport xport
