"""The real bot on a local gateway and REST server: nothing is faked but the far end of the wire."""
