/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files.h - small files below a directory descriptor: read whole, written
 * aside and renamed. Paths are relative; missing folders of what is written
 * are made. A full disk is BTZ_E_FULL, the rest BTZ_E_IO.
 */
#ifndef BTZ_AUDIT_FILES_H
#define BTZ_AUDIT_FILES_H

#include "base/err.h"
#include "wire/cursor.h"

enum btz_files_sync {
	BTZ_FILES_LAZY = 0, /* may be gone after a power cut */
	BTZ_FILES_DATA = 1, /* if it is there afterwards, it is whole */
	BTZ_FILES_FULL = 2, /* it is there and whole */
};

/* BTZ_E_FULL for a full disk, quota or file limit, else BTZ_E_IO. */
enum btz_rc btz_files_rc(int sys_errno);
/* Makes the folders above path; each new one is synced into its parent. */
enum btz_rc btz_files_mkdirs(
    int dir, const char *path, struct btz_err *err) BTZ_MUST_CHECK;
enum btz_rc btz_files_write(int dir, const char *path, struct btz_span data,
    enum btz_files_sync sync, struct btz_err *err) BTZ_MUST_CHECK;
/* At most cap bytes; BTZ_E_NOENT, BTZ_E_TOOBIG. */
enum btz_rc btz_files_read(int dir, const char *path, void *buf, size_t cap,
    size_t *len, struct btz_err *err) BTZ_MUST_CHECK;
/* Syncs the folder that holds path. */
enum btz_rc btz_files_sync_parent(
    int dir, const char *path, struct btz_err *err) BTZ_MUST_CHECK;
/* All bytes at that offset, over short writes; false: errno says why. */
bool btz_files_pwrite(
    int fd, const void *p, size_t len, uint64_t at) BTZ_MUST_CHECK;
/* Removes a folder of plain files; what is not there is fine. */
void btz_files_remove_dir(int dir, const char *path);

#endif
