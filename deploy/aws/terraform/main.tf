# A queue of who came in to the hosts of an account or an organisation, for login_exporter: CloudTrail's events by
# EventBridge, or notices of a trail's files, with a dead-letter queue and the policy to read them.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.40"
    }
  }
}

data "aws_partition" "current" {}

locals {
  trail_by_events = var.trail_bucket_name != "" && var.trail_topic_arn == ""
  fourteen_days   = 1209600
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  message_retention_seconds = local.fourteen_days
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "events" {
  name = var.name
  # Long enough to read a file, count it and save that, before another reader sees the message.
  visibility_timeout_seconds = 300
  message_retention_seconds  = local.fourteen_days
  receive_wait_time_seconds  = 20
  sqs_managed_sse_enabled    = true
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 5
  })
}

resource "aws_cloudwatch_event_rule" "calls" {
  count       = var.take_events ? 1 : 0
  name        = "${var.name}-calls"
  description = "Calls that let someone in to a host, for login_exporter."
  # Reading a password or a key is a read-only call, and those reach only a rule in this state.
  state = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
  event_pattern = jsonencode({
    detail-type = ["AWS API Call via CloudTrail"]
    detail = {
      eventSource = [
        "ssm.amazonaws.com",
        "ec2-instance-connect.amazonaws.com",
        "ecs.amazonaws.com",
        "ssm-guiconnect.amazonaws.com",
        "ec2.amazonaws.com",
        "lightsail.amazonaws.com",
        "sagemaker.amazonaws.com",
      ]
      eventName = var.event_names
    }
  })
}

resource "aws_cloudwatch_event_target" "calls" {
  count = var.take_events ? 1 : 0
  rule  = aws_cloudwatch_event_rule.calls[0].name
  arn   = aws_sqs_queue.events.arn
  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }
}

resource "aws_cloudwatch_event_rule" "files" {
  count       = local.trail_by_events ? 1 : 0
  name        = "${var.name}-files"
  description = "New files of the trail, for login_exporter."
  event_pattern = jsonencode({
    source      = ["aws.s3"]
    detail-type = ["Object Created"]
    detail = {
      bucket = { name = [var.trail_bucket_name] }
      object = { key = [{ wildcard = "AWSLogs/*/CloudTrail/*" }] }
    }
  })
}

resource "aws_cloudwatch_event_target" "files" {
  count = local.trail_by_events ? 1 : 0
  rule  = aws_cloudwatch_event_rule.files[0].name
  arn   = aws_sqs_queue.events.arn
  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }
}

resource "aws_sns_topic_subscription" "trail" {
  count                = var.trail_topic_arn != "" ? 1 : 0
  topic_arn            = var.trail_topic_arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.events.arn
  raw_message_delivery = true
  depends_on           = [aws_sqs_queue_policy.events]
}

# Nobody else may send: what stands in the queue is counted.
data "aws_iam_policy_document" "senders" {
  dynamic "statement" {
    for_each = concat(aws_cloudwatch_event_rule.calls[*].arn, aws_cloudwatch_event_rule.files[*].arn)
    content {
      actions   = ["sqs:SendMessage"]
      resources = [aws_sqs_queue.events.arn, aws_sqs_queue.dead_letters.arn]
      principals {
        type        = "Service"
        identifiers = ["events.amazonaws.com"]
      }
      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = [statement.value]
      }
    }
  }
  dynamic "statement" {
    for_each = var.trail_topic_arn != "" ? [var.trail_topic_arn] : []
    content {
      actions   = ["sqs:SendMessage"]
      resources = [aws_sqs_queue.events.arn]
      principals {
        type        = "Service"
        identifiers = ["sns.amazonaws.com"]
      }
      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = [statement.value]
      }
    }
  }
  statement {
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [aws_sqs_queue.events.arn, aws_sqs_queue.dead_letters.arn]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "events" {
  queue_url = aws_sqs_queue.events.url
  policy    = data.aws_iam_policy_document.senders.json
}

resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.url
  policy    = data.aws_iam_policy_document.senders.json
}

data "aws_iam_policy_document" "reader" {
  statement {
    sid       = "TakeMessages"
    actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
    resources = [aws_sqs_queue.events.arn]
  }
  dynamic "statement" {
    for_each = var.trail_bucket_name != "" ? [var.trail_bucket_name] : []
    content {
      sid       = "ReadTheTrailsFiles"
      actions   = ["s3:GetObject"]
      resources = ["arn:${data.aws_partition.current.partition}:s3:::${statement.value}/AWSLogs/*"]
    }
  }
  dynamic "statement" {
    for_each = var.trail_key_arn != "" ? [var.trail_key_arn] : []
    content {
      sid       = "DecryptTheTrailsFiles"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_policy" "reader" {
  name        = "${var.name}-reader"
  description = "What login_exporter needs to read its queue, and the files that the queue tells of."
  policy      = data.aws_iam_policy_document.reader.json
}
