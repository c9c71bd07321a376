"""Rows of a closed store, read and changed behind the program's back through RocksDB's C interface.

    with RocksRows(directory) as rows:
        rows.delete("find", key)
"""

import ctypes
import ctypes.util

TEXT, SIZE, POINTER = ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p
RESULTS = {"rocksdb_options_create": POINTER, "rocksdb_list_column_families": POINTER,
           "rocksdb_open_column_families": POINTER, "rocksdb_readoptions_create": POINTER,
           "rocksdb_writeoptions_create": POINTER, "rocksdb_create_iterator_cf": POINTER,
           "rocksdb_iter_valid": ctypes.c_ubyte, "rocksdb_iter_key": POINTER, "rocksdb_iter_value": POINTER}


class RocksRows:
    def __init__(self, directory):
        self.library = ctypes.CDLL(ctypes.util.find_library("rocksdb"))
        for name, kind in RESULTS.items():
            getattr(self.library, name).restype = kind
        self.directory = str(directory).encode()

    def __enter__(self):
        options, count = POINTER(self.library.rocksdb_options_create()), SIZE()
        listed = self.call("list_column_families", options, TEXT(self.directory), ctypes.byref(count))
        names = list((TEXT * count.value).from_address(listed))
        handles = (POINTER * count.value)()
        self.store = POINTER(self.call("open_column_families", options, TEXT(self.directory), ctypes.c_int(count.value),
                                       (TEXT * count.value)(*names), (POINTER * count.value)(*[options] * count.value),
                                       handles))
        self.tables = {name.decode(): POINTER(handle) for name, handle in zip(names, handles)}
        self.reading = POINTER(self.library.rocksdb_readoptions_create())
        self.writing = POINTER(self.library.rocksdb_writeoptions_create())
        return self

    def __exit__(self, *_):
        for handle in self.tables.values():
            self.library.rocksdb_column_family_handle_destroy(handle)
        self.library.rocksdb_close(self.store)

    def call(self, name, *arguments):
        error = TEXT()
        result = getattr(self.library, f"rocksdb_{name}")(*arguments, ctypes.byref(error))
        assert not error.value, error.value
        return result

    def rows(self, table):
        """All (key, value) of a table."""
        library, found = self.library, []
        iterator = POINTER(library.rocksdb_create_iterator_cf(self.store, self.reading, self.tables[table]))
        library.rocksdb_iter_seek_to_first(iterator)
        while library.rocksdb_iter_valid(iterator):
            row = []
            for read in (library.rocksdb_iter_key, library.rocksdb_iter_value):
                size = SIZE()
                row.append(ctypes.string_at(read(iterator, ctypes.byref(size)), size.value))
            found.append(tuple(row))
            library.rocksdb_iter_next(iterator)
        library.rocksdb_iter_destroy(iterator)
        return found

    def put(self, table, key, value):
        self.call("put_cf", self.store, self.writing, self.tables[table], TEXT(key), SIZE(len(key)), TEXT(value),
                  SIZE(len(value)))

    def delete(self, table, key):
        self.call("delete_cf", self.store, self.writing, self.tables[table], TEXT(key), SIZE(len(key)))
