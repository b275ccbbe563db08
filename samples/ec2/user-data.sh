#!/bin/bash
# Runs once, as root, when a machine of the fleet starts (Amazon Linux 2023). Everything that it
# needs is in the bucket, below this prefix: millrace.tar.gz, millrace.service, pipeline.yaml.
set -euo pipefail

artifacts=s3://my-artifacts/millrace

# of the instance itself; the launch template asks for IMDSv2, which wants a token first
metadata=http://169.254.169.254/latest
token=$(curl -sSf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$metadata/api/token")
instance=$(curl -sSf -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/instance-id")

dnf install -y -q java-21-amazon-corretto-headless

id -u millrace >/dev/null 2>&1 || useradd --system --home-dir /var/lib/millrace --shell /sbin/nologin millrace
mkdir -p /opt/millrace /etc/millrace
aws s3 cp --no-progress "$artifacts/millrace.tar.gz" - | tar -xz -C /opt/millrace --strip-components=1
aws s3 cp --no-progress "$artifacts/pipeline.yaml" /etc/millrace/pipeline.yaml
aws s3 cp --no-progress "$artifacts/millrace.service" /etc/systemd/system/millrace.service

# half of the memory for the heap: docs/ec2.md says how much a worker needs
cat >/etc/millrace/environment <<EOF
WORKER_ID=$instance
JAVA_OPTS=-XX:MaxRAMPercentage=50 -XX:+ExitOnOutOfMemoryError
EOF

systemctl daemon-reload
systemctl enable --now millrace.service
