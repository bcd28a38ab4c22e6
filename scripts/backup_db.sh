#!/bin/sh
# Copies the history database, also while the server writes. For cron: says nothing when all
# went well; otherwise one line on standard error, and exit code 1. Needs the sqlite3 command
# line, nothing else; `python -m prompt_improver backup` does the same.
#
#   scripts/backup_db.sh [DATABASE [FOLDER [KEEP]]]
#
# Without arguments: $SQLITE_DB_PATH or data/prompt_history.db, into $BACKUP_DIR or
# data/backups, keeping $BACKUP_KEEP or the newest 14. Relative paths count from the project's
# folder, and .env is not read. Older backups go only after a new one was made and checked.
# "cp" is no backup: it misses what stands in the log, and can catch a write half way.
# zsh, which people type on a Mac, takes a pattern that fits no file for an error.
[ -z "${ZSH_VERSION:-}" ] || emulate sh
set -u
umask 077
LC_ALL=C
export LC_ALL

cd "$(dirname "$0")/.." || exit 1
database=${1:-${SQLITE_DB_PATH:-data/prompt_history.db}}
folder=${2:-${BACKUP_DIR:-data/backups}}
keep=${3:-${BACKUP_KEEP:-14}}
part=

fail() {
    said=$(printf '%s' "$1" | tr '\n' ' ')
    printf '%s\n' "backup_db.sh: no backup of $database was made: $said" >&2
    exit 1
}

remove_part() {
    if [ -n "$part" ]; then
        rm -f "$part" "$part-journal"
    fi
}
trap remove_part EXIT
trap 'exit 1' HUP INT TERM

# What SQL says about a file; the user's own .sqliterc is left out. A name must not be taken
# for an option.
ask() {
    printf '.bail on\n.timeout 10000\n%s\n' "$2" | sqlite3 -batch -init /dev/null "$1" 2>&1
}

# As the program does with these settings.
case $database in "~/"*) database=$HOME/${database#"~/"} ;; esac
case $folder in "~/"*) folder=$HOME/${folder#"~/"} ;; esac
case $database in /*) ;; *) database=./$database ;; esac
case $folder in /*) ;; *) folder=./$folder ;; esac
case $keep in '' | *[!0-9]* | 0) fail "KEEP must be 1 or more, got '$keep'" ;; esac
command -v sqlite3 >/dev/null || fail "the sqlite3 command line is not installed"
[ -f "$database" ] || fail "there is no such file; give its path"
[ -d "$folder" ] || mkdir -p "$folder" 2>/dev/null || fail "the folder $folder cannot be made"

stem=$(basename "$database")
stem=${stem%.*}
stamp=$(date -u +%Y%m%dT%H%M%SZ)
target=$folder/$stem-$stamp.db
number=1
# Made first, so that it is private from the first byte, and only if it is not there.
until [ ! -e "$target" ] && (set -C && : >"$target.part") 2>/dev/null; do
    [ -w "$folder" ] || fail "this user cannot write in $folder"
    number=$((number + 1))
    [ "$number" -le 100 ] || fail "no file can be made in $folder"
    target=$folder/$stem-${stamp}_$number.db
done
part=$target.part

last=$(ask "$database" 'SELECT coalesce(MAX(id), 0) FROM prompt_history;') || fail "$last"
rows="SELECT COUNT(*) FROM prompt_history WHERE +id <= $last;"
most=$(ask "$database" "$rows") || fail "$most"
version=$(ask "$database" 'PRAGMA user_version;') || fail "$version"
quoted=$(printf '%s' "$part" | sed "s/'/''/g")
said=$(ask "$database" "VACUUM INTO '$quoted';") || fail "$said"
least=$(ask "$database" "$rows") || fail "$least"

# A row that somebody changed by hand past a CHECK is no damage to the file.
said=$(ask "$part" 'PRAGMA ignore_check_constraints = ON; PRAGMA integrity_check;') || fail "$said"
[ "$said" = ok ] || fail "the copy is damaged: $said"
said=$(ask "$part" 'PRAGMA user_version;') || fail "$said"
[ "$said" = "$version" ] || fail "the database was migrated meanwhile; run this again"
# Numbers of rows never come back: some of those that were there may have been deleted
# meanwhile, but none added.
said=$(ask "$part" "$rows") || fail "$said"
[ "$said" -ge "$least" ] && [ "$said" -le "$most" ] ||
    fail "the copy has $said rows where $least to $most were expected"

# SQLite has brought the copy to the disk; this does so with its name.
mv "$part" "$target" || fail "it cannot be renamed in $folder"
part=
sync

set -- "$folder/$stem"-????????T??????Z.db "$folder/$stem"-????????T??????Z_*.db
for each; do
    [ -f "$each" ] && printf '%s\n' "$each"
done | sort | awk -v keep="$keep" '{ all[NR] = $0 }
    END { for (i = 1; i <= NR - keep; i++) print all[i] }' |
    while IFS= read -r each; do
        # Not the new one, even where the clock was put back and it sorts as an old one.
        [ "$each" = "$target" ] || rm -f "$each" || exit 1
    done || {
    printf '%s\n' "backup_db.sh: $target was made, but old backups cannot be removed" >&2
    exit 1
}
