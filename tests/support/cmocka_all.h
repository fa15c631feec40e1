/* SPDX-License-Identifier: Apache-2.0 */
/* cmocka_all.h - cmocka with the headers it needs, in the order it needs. */
#ifndef BTZ_TESTS_CMOCKA_ALL_H
#define BTZ_TESTS_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
