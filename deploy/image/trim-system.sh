#!/bin/sh
# trim-system.sh: runs in the image that is being made. Takes away what no process of ours calls,
# adds the user they run as, and gives every file one date, SOURCE_DATE_EPOCH.
set -eu

rm -f "$0"
python=$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')

# Who installs packages, and what for; the list of what is installed stays, for scanners to read.
cp /var/lib/dpkg/status /tmp/status
rm -rf /var/lib/dpkg/* /var/lib/apt /var/cache/* /var/log/* /etc/apt \
    /usr/bin/apt* /usr/bin/dpkg* /usr/lib/apt /usr/lib/dpkg /usr/lib/*/libapt-* \
    /usr/bin/perl* /usr/share/perl* /usr/lib/*/perl* /usr/lib/*/libperl*
mv /tmp/status /var/lib/dpkg/status
rm -rf /usr/share/doc /usr/share/man /usr/share/info /usr/share/locale /usr/share/python-wheels
rm -rf ~root/.cache

# Of Python: what makes environments, windows and documentation, and its own pip.
rm -rf "$python"/ensurepip "$python"/idlelib "$python"/lib2to3 "$python"/pydoc_data \
    "$python"/tkinter "$python"/turtledemo "$python"/test "$python"/config-* \
    /usr/local/include /usr/local/lib/pkgconfig /usr/local/lib/python3.*/site-packages/* \
    /usr/local/bin/pip* /usr/local/bin/idle* /usr/local/bin/2to3* /usr/local/bin/pydoc*
find "$python" -type d -name __pycache__ -prune -exec rm -rf {} +
PYTHONHASHSEED=0 python3 -m compileall -q --invalidation-mode unchecked-hash "$python"

# Without useradd, which writes down the day.
echo 'muster:x:10001:10001::/var/lib/muster:/usr/sbin/nologin' >>/etc/passwd
echo 'muster:x:10001:' >>/etc/group
rm -f /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /etc/machine-id
install -d -o 10001 -g 10001 -m 0755 /var/lib/muster /var/lib/muster/users
install -d -o 10001 -g 10001 -m 0700 /var/lib/muster/keys

# Docker mounts these three while it builds, and they stay empty.
find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /etc/hosts -o -path /etc/hostname \
    -o -path /etc/resolv.conf \) -prune -o -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH:-0}" {} +
