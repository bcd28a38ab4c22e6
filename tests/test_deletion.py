"""What becomes of deleted words on the disk, with the real server and the real commands."""

import time

from tests.server_process import ServerProcess
from tests.sqlite_files import connect, raw

WORD = "qqsecretword"
HISTORY = "/api/v1/history"


def bytes_on_disk(path):
    """The database and what belongs to it: the log, its index, the lock, the spool."""
    return b"".join(each.read_bytes() for each in path.parent.iterdir() if each.is_file())


def delete_all(server):
    """Delete every improvement that holds the word, one by one, and say how many."""
    found = server.client.get(HISTORY, params={"q": WORD, "limit": 500}).json()["items"]
    for item in found:
        assert server.client.delete(f"{HISTORY}/{item['prompt_id']}").status_code == 204
    return len(found)


def test_words_that_a_stop_left_in_the_search_index_go_after_the_next_start(tmp_path):
    """Also where no cleanup ever runs."""
    settings = {"SQLITE_AUTO_CLEANUP": "false", "SQLITE_ASYNC_ENABLED": "false"}
    with ServerProcess(tmp_path, **settings) as server:
        path = server.database_file
        for number in range(3):
            server.improve(f"write about the {WORD} number {number}")
            server.improve(f"write about something else, number {number}")
        server.stop()
    # As a DELETE does, and a stop before the server has tidied up after it.
    with connect(path) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("DELETE FROM prompt_history WHERE original_idea LIKE ?", (f"%{WORD}%",))
    assert raw(path, "SELECT deleted_rows FROM search_leftovers") == [(3,)]
    assert WORD[1:].encode() in bytes_on_disk(path)
    with ServerProcess(tmp_path, **settings) as server:
        deadline = time.monotonic() + 15
        while WORD[1:].encode() in bytes_on_disk(path) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert WORD[1:].encode() not in bytes_on_disk(path)
        server.stop()
    assert raw(path, "SELECT COUNT(*) FROM prompt_history") == [(3,)]
