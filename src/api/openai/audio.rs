//! `POST /v1/audio/speech`, `POST /v1/audio/transcriptions` and `POST /v1/audio/translations`

use std::sync::Arc;

use poem::Request;
use poem_openapi::OpenApi;

use crate::api::document::wire_schema;
use crate::api::extract::Caller;
use crate::api::payload::{Never, Parted, Poured, Raw, Reply, Upload};
use crate::api::problem::Problem;
use crate::api::routes::{Tag, call, upload};
use crate::dialects::Service;
use crate::gateway::Gateway;
use crate::models::operation::Endpoint;

wire_schema!(
    /// What is to be said, and how.
    SpeechRequest,
    /// A piece of what is said.
    SpeechEvent,
    /// A recording.
    TranscriptionRequest,
    /// What is said in it.
    Transcription,
    /// A piece of that.
    TranscriptionEvent,
);

impl Parted for TranscriptionRequest {
    const FILE: &'static str = "file";
}

/// Audio.
#[derive(Clone)]
pub(in crate::api) struct Audio {
    pub(in crate::api) gateway: Arc<Gateway>,
}

#[OpenApi(tag = "Tag::Models")]
impl Audio {
    /// Say a text
    ///
    /// OpenAI's wire format. The sound comes as the provider makes it, in the provider's content
    /// type.
    #[oai(
        path = "/v1/audio/speech",
        method = "post",
        operation_id = "audio_speech"
    )]
    async fn speak(
        &self,
        caller: Caller,
        body: Raw<SpeechRequest>,
        request: &Request,
    ) -> Result<Poured<SpeechEvent>, Problem> {
        let call = call(
            caller,
            request,
            body.bytes,
            Endpoint::Speech,
            &Service::Speech,
        )?;
        Ok(self.gateway.answer(call).await?.into())
    }

    /// Write down what is said
    ///
    /// OpenAI's wire format. The parts are passed on while they come in; the model's name should
    /// come before the file. With `response_format` `text`, `srt` or `vtt` the answer is text.
    #[oai(
        path = "/v1/audio/transcriptions",
        method = "post",
        operation_id = "audio_transcriptions"
    )]
    async fn transcribe(
        &self,
        caller: Caller,
        body: Upload<TranscriptionRequest>,
        request: &Request,
    ) -> Result<Reply<Transcription, TranscriptionEvent>, Problem> {
        let endpoint = Endpoint::Transcriptions;
        let call = upload(
            caller,
            request,
            body.parts,
            endpoint,
            &Service::Transcriptions,
        )?;
        Ok(self.gateway.answer(call).await?.into())
    }

    /// Write down in English what is said
    ///
    /// As transcriptions.
    #[oai(
        path = "/v1/audio/translations",
        method = "post",
        operation_id = "audio_translations"
    )]
    async fn translate(
        &self,
        caller: Caller,
        body: Upload<TranscriptionRequest>,
        request: &Request,
    ) -> Result<Reply<Transcription, Never>, Problem> {
        let endpoint = Endpoint::Translations;
        let call = upload(
            caller,
            request,
            body.parts,
            endpoint,
            &Service::Transcriptions,
        )?;
        Ok(self.gateway.answer(call).await?.into())
    }
}
