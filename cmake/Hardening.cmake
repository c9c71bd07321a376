# Hardening of optimised builds without sanitizers: what `tests/lint/hardening.py` asserts
# on the binary. FORTIFY and the sanitizers exclude each other.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
add_compile_options(-Werror=format-security -Werror=return-type)
if(NOT CONTEXTSYNC_SANITIZE AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_options(
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS
    -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
    -fno-delete-null-pointer-checks -fno-strict-overflow -ftrivial-auto-var-init=zero
    -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
  add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,defs -Wl,--as-needed)
endif()
