output "queue_url" {
  description = "For --cloudtrail.queue."
  value       = aws_sqs_queue.events.url
}

output "dead_letters_url" {
  description = "What was no record and no notice. Alert on its ApproximateNumberOfMessagesVisible."
  value       = aws_sqs_queue.dead_letters.url
}

output "reader_policy_arn" {
  description = "Attach it to the role of the exporter."
  value       = aws_iam_policy.reader.arn
}
