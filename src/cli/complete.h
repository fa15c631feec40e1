/* SPDX-License-Identifier: Apache-2.0 */
/*
 * complete.h - `bartizan --complete WORD ...`, for the shell's completion
 * (packaging/bartizan.bash): the words after "bartizan", the last of which is
 * being typed and may be empty. Prints one candidate a line, made from the
 * tables of commands and, for values, of algorithms; nothing where a file or a
 * name of the user's is due.
 */
#ifndef BTZ_CLI_COMPLETE_H
#define BTZ_CLI_COMPLETE_H

int btz_complete(int argc, char **argv); /* 0, always */

#endif
