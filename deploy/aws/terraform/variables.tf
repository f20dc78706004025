variable "name" {
  description = "Begins the names of all that is made."
  type        = string
  default     = "login-exporter"
}

variable "take_events" {
  description = "Send CloudTrail's events of this account and Region to the queue, some seconds after they were recorded."
  type        = bool
  default     = true
}

variable "event_names" {
  description = "The calls that let someone in. Add SendCommand and StartAutomationExecution where cloudtrail.events.add names them."
  type        = list(string)
  default = [
    "StartSession",
    "ResumeSession",
    "TerminateSession",
    "StartAccessRequest",
    "GetAccessToken",
    "SendSSHPublicKey",
    "SendSerialConsoleSSHPublicKey",
    "OpenTunnel",
    "ExecuteCommand",
    "StartConnection",
    "GetPasswordData",
    "GetInstanceAccessDetails",
  ]
}

variable "trail_bucket_name" {
  description = "The bucket of a trail, also an organisation's, whose files are to be read; empty for none."
  type        = string
  default     = ""
}

variable "trail_topic_arn" {
  description = "The SNS topic that the trail or its bucket tells of each file; empty for the bucket's events in EventBridge."
  type        = string
  default     = ""
}

variable "trail_key_arn" {
  description = "The KMS key that the trail's files are encrypted with; empty for none of one's own."
  type        = string
  default     = ""
}
