# SPDX-License-Identifier: Apache-2.0
# Sources of the OP-TEE build; a test compares them with ta/meson.build.
# -Wswitch-enum of the host build is stricter than a default everywhere
cflags-y += -Wno-switch-default
cppflags-src/port.c-y += -DBTZ_TA_KEY=$(ta_key)
global-incdirs-y += include src . ../src
srcs-y += src/recovery.c src/op_backup.c src/op_key_import.c src/op_restore.c src/op_transport.c
srcs-y += src/aes.c src/agree.c src/approval.c src/op_admin_set.c src/op_recover.c
srcs-y += src/check_cert.c src/check_crl.c src/check_ocsp.c src/crypt.c
srcs-y += src/curve.c src/ec.c src/ec_ed25519.c src/ek_verify.c src/entry.c
ifeq ($(EC),gp)
srcs-y += src/ec_gp.c
else
srcs-y += src/ec_mbed.c
endif
# compiled again, so linked again, when EC is another one
cppflags-src/ec.c-y += -DBTZ_TA_EC_$(EC)
srcs-y += src/ek.c src/family.c src/kek.c src/keys.c src/mac.c src/op_info.c src/op_key_create.c
srcs-y += src/op_key_crypt.c src/op_offers.c
srcs-y += src/op_key_destroy.c src/op_key_open.c src/op_provision.c
srcs-y += src/op_random.c src/op_sign_checkpoint.c src/op_sign_digest.c
srcs-y += src/op_sign_ocsp.c src/op_sign_root_crl.c src/op_sign_tls.c
srcs-y += src/op_sign_issuing.c src/op_sign_tbs_cert.c src/op_sign_tbs_crl.c
srcs-y += src/op_stop.c src/op_tpm_end.c src/port.c src/provision.c src/record.c src/rsa.c src/rsa_key.c src/slots.c
srcs-y += src/state.c src/store.c src/time.c src/tpm.c src/verify.c src/verify_rsa.c
# EK_ROOTS: files as seen from here
ek_test_root := ../tests/vectors/ek/everybody-has-these-keys/TEST-root.pem
gensrcs-y += ek_roots
produce-ek_roots = ek_roots.c
depends-ek_roots = ek_roots.py $(ek_test_root) $(EK_ROOTS) ek_roots_always
recipe-ek_roots = python3 ek_roots.py --keep --test $(ek_test_root) \
	--out $(sub-dir-out)/ek_roots.c $(EK_ROOTS)
.PHONY: ek_roots_always
# objects of the shared folders stay under $(O)
srcs_ext_base-y := ../src
srcs_ext-y += wire/alg.c wire/constraint.c wire/cursor.c wire/field.c
srcs_ext-y += wire/keyblob.c wire/msg_approval.c wire/msg_certify.c wire/msg_checkpoint.c
srcs_ext-y += wire/msg_backup.c wire/msg_crypt.c wire/msg_generate.c wire/msg_lifecycle.c
srcs_ext-y += wire/msg_provision.c wire/msg_random.c wire/msg_sign.c
srcs_ext-y += wire/msg_ta.c wire/name.c wire/tlscv.c
srcs_ext-y += tpm2/build.c tpm2/cmd.c tpm2/ek.c tpm2/kdf.c tpm2/object.c tpm2/ops.c
srcs_ext-y += tpm2/parse.c tpm2/secret.c tpm2/session.c tpm2/template.c
srcs_ext-y += tpm2/tpm.c
srcs_ext-y += der/build.c der/crl.c der/crl_build.c der/der.c der/der_wr.c der/dertime.c
srcs_ext-y += der/dn.c der/ek_cert.c der/ek_form.c der/ext.c der/gn.c der/ocsp.c der/oid.c der/spki.c der/x509.c
srcs_ext-y += tlog/b64.c tlog/checkpoint.c tlog/merkle.c tlog/note.c
srcs_ext-y += tlog/utf8.c
